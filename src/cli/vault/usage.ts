import { engineHelp } from "./engines.js";

/** What `vault --help` prints in 80 columns; for others it is laid out anew. */
export const USAGE = `Usage: npx express-notion-oauth vault <command> [options]

Looks after the revocations that wait for Notion's confirmation, and those that
were given up.

Commands:
  list                     what waits. Exit code 0
  failed                   what was given up. Exit code 1 when there is any
  retry <id>...            have them tried again now, failed or waiting
  retry --all              have everything that failed tried again
  drain                    work here until nothing waits: what is due, and what
                           waits for its next try when that has come. Exit code
                           1 when something is left
  schema                   the SQL that makes a vault. Needs no vault

Where the vault is:
${engineHelp}

Options:
  --key-prefix <text>      what the names in Redis begin with: the key prefix of
                           the app's ioredis client, or of redisVault()
  --client-id <id>         the app's client id at Notion (default
                           NOTION_CLIENT_ID in the environment)
  --limit <n>              list, failed: show at most so many (default 100; all
                           with --json)
  --progress <time>        how often to tell how far it is, as in 5s (default 1s
                           on a terminal, 10s elsewhere; 0s: never)
  --json                   one JSON document on the standard output; times in ms
  -h, --help               this text

Options of drain:
  --timeout <time>         give up after so long, as in 30s, 10m or 2h (default:
                           never)
  --base-url <url>         of Notion's API (default https://api.notion.com)
  --no-revoke-on-expiry    when the app has revokeOnExpiry: false
In its environment:
  NOTION_CLIENT_SECRET
  NOTION_OAUTH_SECRET      the option \`secret\`, when the app sets it; a list has
                           one per line
drain does what each of the app's processes does, but never gives a revocation
up. It can be interrupted at any time.

Exit codes: 0 done, 1 something is left or failed, 2 it could not be done: the
command line or environment cannot be used, or the vault does not answer.
`;
