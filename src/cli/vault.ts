import { parseArgs } from "node:util";
import { type Command, type Environment, UsageError } from "./command.js";
import { engines } from "./vault/engines.js";
import { liftIds } from "./vault/lift-ids.js";
import { withPlace } from "./vault/open-place.js";
import { write } from "./vault/output.js";
import { retryRevocations } from "./vault/retry-revocations.js";
import { type Display, showFailed, showWaiting } from "./vault/show-revocations.js";
import { timeOption } from "./vault/time-option.js";

const places = Object.entries(engines).map(
  ([name, { value, summary }]) => `  ${`--${name} ${value}`.padEnd(24)} ${summary}`,
);

const USAGE = `Usage: npx express-notion-oauth vault <command> [options]

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
${places.join("\n")}

Options:
  --client-id <id>         the app's client id at Notion (default
                           NOTION_CLIENT_ID in the environment)
  --limit <n>              list, failed: show at most so many (default 100; all
                           with --json)
  --json                   one JSON document on the standard output; times in ms
  -h, --help               this text

Options of drain:
  --timeout <time>         give up after so long, as in 30s, 10m or 2h (default:
                           never)
  --progress <time>        how often to tell how far it is (default 1s on a
                           terminal, 10s elsewhere; 0s: never)
  --base-url <url>         of Notion's API (default https://api.notion.com)
  --revoke-on-logout last  when the app has revokeOnLogout: "last"
  --no-revoke-on-expiry    when the app has revokeOnExpiry: false
In its environment:
  NOTION_CLIENT_SECRET
  NOTION_OAUTH_SECRET      the option \`secret\`, when the app sets it; a list has
                           one per line
drain does what each of the app's processes does, but never gives a revocation
up. It can be interrupted at any time.

Exit codes: 0 done, 1 something is left or failed, 2 the command line or
environment cannot be used.
`;

/** `npx express-notion-oauth vault`. */
export const vaultCommand: Command = async (args, env) => {
  const { values: flags, positionals } = parse(args);
  if (flags.help === true || positionals[0] === "help") {
    write(USAGE);
    return 0;
  }
  const [name, ...rest] = positionals;
  const run = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (run === undefined)
    throw new UsageError(name === undefined ? "Say what to do." : `There is no command ${JSON.stringify(name)}.`);
  if (name !== "retry" && rest.length > 0) throw new UsageError(`\`${name}\` takes no ${JSON.stringify(rest[0])}.`);
  return run(flags, env, rest);
};

type Flags = ReturnType<typeof parse>["values"];

const COMMANDS: Readonly<Record<string, (flags: Flags, env: Environment, ids: readonly string[]) => Promise<number>>> =
  {
    list(flags, env) {
      const display = displayOf(flags);
      return withPlace(locate(flags, env), (open) => showWaiting(open, display));
    },
    failed(flags, env) {
      const display = displayOf(flags);
      return withPlace(locate(flags, env), (open) => showFailed(open, display));
    },
    retry(flags, env, ids) {
      const isAll = flags.all === true;
      if (isAll === ids.length > 0) throw new UsageError("Give the ids to retry, or --all.");
      return withPlace(locate(flags, env), (open) => retryRevocations(open, isAll ? "all" : ids, flags.json === true));
    },
    async drain(flags, env) {
      const [{ readDrainOptions }, { drainVault }] = await Promise.all([
        import("./vault/drain-options.js"),
        import("./vault/drain-vault.js"),
      ]);
      const place = locate(flags, env);
      const timeout = timeOption("--timeout", flags.timeout);
      if (timeout === 0) throw new UsageError("--timeout must be more than nothing.");
      const options = readDrainOptions(env, {
        clientId: place.clientId,
        json: flags.json === true,
        timeout,
        progress: timeOption("--progress", flags.progress),
        baseUrl: flags["base-url"],
        revokeOnLogout: flags["revoke-on-logout"],
        revokeOnExpiry: flags["no-revoke-on-expiry"] !== true,
      });
      return withPlace(place, (open) => drainVault(open, options));
    },
    async schema(flags) {
      const asked = given(flags);
      for (const name of asked.length > 0 ? asked : Object.keys(engines))
        write(`-- ${name}\n${(await engines[name]!.load()).schema}`);
      return 0;
    },
  };

function parse(args: readonly string[]) {
  const { ids, others } = liftIds(args);
  try {
    const { values, positionals } = parseArgs({
      args: others,
      strict: true,
      allowPositionals: true,
      options: {
        ...Object.fromEntries(Object.keys(engines).map((name) => [name, { type: "string" as const }])),
        "client-id": { type: "string" },
        limit: { type: "string" },
        json: { type: "boolean" },
        all: { type: "boolean" },
        timeout: { type: "string" },
        progress: { type: "string" },
        "base-url": { type: "string" },
        "revoke-on-logout": { type: "string" },
        "no-revoke-on-expiry": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    return { values, positionals: [...positionals, ...ids] };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The options cannot be read.");
  }
}

/** The engines that the command line names. */
function given(flags: Flags): string[] {
  return Object.keys(engines).filter((name) => (flags as Readonly<Record<string, unknown>>)[name] !== undefined);
}

function locate(flags: Flags, env: Environment): { engine: string; at: string; clientId: string } {
  const asked = given(flags);
  if (asked.length > 1) throw new UsageError(`--${asked.join(" and --")} do not go together.`);
  const [engine] = asked;
  const options = Object.entries(engines).map(([name, { value }]) => `--${name} ${value}`);
  if (engine === undefined) throw new UsageError(`Say where the vault is: ${options.join(" or ")}.`);
  const clientId = flags["client-id"] ?? env.NOTION_CLIENT_ID ?? "";
  if (clientId.trim() === "")
    throw new UsageError("Say whose revocations: --client-id, or NOTION_CLIENT_ID in the environment.");
  return { engine, at: String((flags as Readonly<Record<string, unknown>>)[engine]), clientId };
}

function displayOf(flags: Flags): Display {
  const { limit } = flags;
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new UsageError("--limit must be a whole number above 0.");
  return { json: flags.json === true, limit: limit === undefined ? undefined : Number(limit) };
}
