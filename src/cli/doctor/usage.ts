import { engineHelp } from "../vault/engines.js";

/** What `doctor --help` prints, in 80 columns. */
export const USAGE = `Usage: npx express-notion-oauth doctor [--config FILE] [options]

Looks whether an app is set up right: its credentials (asks Notion about a
made-up token), redirect URI and routes, base URL, clock, vault and session
cookie. Says in words what is wrong and what to do. Changes nothing.

With the app's own settings:
  --config FILE            a module, ESM or CommonJS, that exports
                             notion    the options of createNotionOAuth(), and
                                       not what that returns
                             session   the options of express-session, if it
                                       likes
                           The options may be its default export, too. What the
                           module does when it is loaded is done: export the
                           settings from a module that does not start the app
                           or end the process

Without a module:
${engineHelp}
  --key-prefix <text>      what the names in Redis begin with
  --client-id <id>         (default NOTION_CLIENT_ID in the environment)
  --redirect-uri <uri>     (default NOTION_REDIRECT_URI in the environment)
  --base-url <url>         of Notion's API (default https://api.notion.com)
In its environment:
  NOTION_CLIENT_SECRET
  NOTION_OAUTH_SECRET      the option \`secret\`, when the app sets it; a list has
                           one per line

Options:
  --json                   one JSON document on the standard output
  -h, --help               this text

With NODE_ENV=production it is stricter about what is for development.
Run it where the app runs, as the user that the app runs as.

Exit codes: 0 no problem (there may be warnings), 1 a problem, 2 it could not be
done: the command line or the module cannot be used.
`;
