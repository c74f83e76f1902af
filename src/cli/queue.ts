import { parseArgs } from "node:util";
import { type Command, type Environment, UsageError } from "./command.js";
import { type OpenQueue, openQueue, type QueueLocation } from "./queue/open-queue.js";
import { showFailed, showWaiting } from "./queue/show-jobs.js";
import { retryJobs } from "./queue/retry-jobs.js";

const USAGE = `Usage: npx express-notion-oauth queue <command> [options]

Looks after the revocations that wait for Notion's confirmation, and those that were given up.

Commands:
  list              what waits. Exit code 0
  failed            what was given up. Exit code 1 when there is any
  retry <id>...     have them tried again, whether they failed or wait
  retry --all       have everything that failed tried again
  drain             work here and now until nothing waits. Exit code 1 when something is left

Where the queue is, one of:
  --directory <path>       the path of directoryQueue()
  --redis <url>            bullmqQueue() on Redis or Valkey, as in redis://127.0.0.1:6379
  --postgres <url>         bullmqQueue() on PostgreSQL
  NOTION_OAUTH_QUEUE       such a path or URL in the environment: for URLs with a password, which process lists show
With --redis and --postgres:
  --name <name>            name of the queue (default notion-revocations)
  --prefix <prefix>        prefix of the keys in Redis
  --schema <schema>        schema of the tables in PostgreSQL

Options:
  --timeout <time>         give up after so long, as in 30s, 10m or 2h (default 30s; drain: none)
  --limit <n>              list, failed: show at most so many (default 100; all with --json)
  --json                   one JSON document on the standard output; times in ms since 1970
  -h, --help               this text

Options of drain:
  --now                    also try at once what waits for its next try
  --base-url <url>         of Notion's API (default https://api.notion.com)
  --progress <time>        how often to tell how far it is (default 1s on a terminal, 10s elsewhere; 0s: never)
In its environment:
  NOTION_CLIENT_ID, NOTION_CLIENT_SECRET
  NOTION_OAUTH_SECRET      the option \`secret\`, when the app sets it; a list has one per line
drain never gives a revocation up and leaves the guards of live sessions to the app's own workers. It can be
interrupted at any time. A process that already works on a job keeps it.

Exit codes: 0 done, 1 something is left or failed, 2 the command line or environment cannot be used.
`;

/** `npx express-notion-oauth queue`. */
export const queueCommand: Command = async (args, env) => {
  const { values: flags, positionals } = parse(args);
  if (flags.help === true || positionals[0] === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const [name, ...ids] = positionals;
  const run = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (run === undefined) {
    throw new UsageError(name === undefined ? "Say what to do." : `There is no command ${JSON.stringify(name)}.`);
  }
  if (name !== "retry" && ids.length > 0) throw new UsageError(`\`${name}\` takes no ${JSON.stringify(ids[0])}.`);
  return run(flags, ids, env);
};

/** How long the queue may take for one operation, in ms: a list of everything is one. */
const OPERATION_TIMEOUT = 30_000;

type Flags = ReturnType<typeof parse>["values"];

const COMMANDS: Readonly<Record<string, (flags: Flags, ids: readonly string[], env: Environment) => Promise<number>>> =
  {
    list: (flags, _ids, env) => withQueue(flags, env, (open) => showWaiting(open, display(flags))),
    failed: (flags, _ids, env) => withQueue(flags, env, (open) => showFailed(open, display(flags))),
    retry(flags, ids, env) {
      if ((flags.all === true) === ids.length > 0) throw new UsageError("Give the ids to retry, or --all.");
      return withQueue(flags, env, (open) => retryJobs(open, flags.all === true ? "all" : ids, flags.json === true));
    },
    async drain(flags, _ids, env) {
      const { drainQueue, readDrainOptions } = await import("./queue/drain-queue.js");
      const options = readDrainOptions(env, {
        json: flags.json === true,
        now: flags.now === true,
        baseUrl: flags["base-url"],
        timeout: flags.timeout === undefined ? undefined : time("--timeout", flags.timeout),
        progress: flags.progress === undefined ? undefined : time("--progress", flags.progress),
      });
      return withQueue(flags, env, (open) => drainQueue(open, options), OPERATION_TIMEOUT);
    },
  };

/** @param limit the longest one operation may take whatever --timeout says, in ms */
async function withQueue(
  flags: Flags,
  env: Environment,
  use: (open: OpenQueue) => Promise<number>,
  limit = Number.POSITIVE_INFINITY,
): Promise<number> {
  const timeout = flags.timeout === undefined ? OPERATION_TIMEOUT : time("--timeout", flags.timeout);
  if (timeout < 1) throw new UsageError("--timeout must be more than nothing.");
  const open = await openQueue(locate(flags, env), Math.min(timeout, limit));
  try {
    return await use(open);
  } catch (error) {
    throw open.explain(error);
  } finally {
    await open.queue.close();
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: true,
      options: {
        directory: { type: "string" },
        redis: { type: "string" },
        postgres: { type: "string" },
        name: { type: "string" },
        prefix: { type: "string" },
        schema: { type: "string" },
        timeout: { type: "string" },
        limit: { type: "string" },
        json: { type: "boolean" },
        all: { type: "boolean" },
        now: { type: "boolean" },
        "base-url": { type: "string" },
        progress: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The options cannot be read.");
  }
}

function locate(flags: Flags, env: Environment): QueueLocation {
  const { name, prefix, schema } = flags;
  const given = (["directory", "redis", "postgres"] as const).filter((kind) => flags[kind] !== undefined);
  if (given.length > 1) throw new UsageError(`--${given.join(" and --")} do not go together.`);
  const [kind = kindOf(env.NOTION_OAUTH_QUEUE)] = given;
  const at = flags[kind] ?? env.NOTION_OAUTH_QUEUE ?? "";
  const misplaced = Object.entries(
    kind === "directory" ? { name, prefix, schema } : kind === "redis" ? { schema } : { prefix },
  ).find(([, value]) => value !== undefined);
  if (misplaced !== undefined) throw new UsageError(`--${misplaced[0]} is not for a queue in --${kind}.`);
  return { kind, at, options: { ...(name && { name }), ...(prefix && { prefix }), ...(schema && { schema }) } };
}

function kindOf(location: string | undefined): QueueLocation["kind"] {
  if (location === undefined || location === "") {
    throw new UsageError("Say where the queue is: --directory, --redis, --postgres, or NOTION_OAUTH_QUEUE.");
  }
  return /^rediss?:/i.test(location) ? "redis" : /^postgres(ql)?:/i.test(location) ? "postgres" : "directory";
}

function display(flags: Flags): { json: boolean; limit: number | undefined } {
  const { limit } = flags;
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new UsageError("--limit must be a whole number above 0.");
  return { json: flags.json === true, limit: limit === undefined ? undefined : Number(limit) };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time such as `30s`, in ms. Without a unit: seconds. */
function time(flag: string, text: string): number {
  const [, amount, unit = "s"] = /^(\d{1,6}(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageError(`${flag} must be a time such as 30s, 10m or 2h.`);
  return Number(amount) * (UNITS[unit] ?? 1000);
}
