import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { eventually } from "./app.js";
import { onTestFinished } from "./on-test-finished.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface EmulatedToken {
  readonly value: string;
  readonly kind: "access" | "refresh";
  readonly state: string;
  readonly botId: string;
}

export interface SaasExample {
  readonly origin: string;
  /** All that its processes have printed. */
  output(): string;
  /** The file that its processes share. */
  readonly database: string;
  /** The process id of the worker that was started last. */
  worker(): number;
  /** Posts to the emulated Notion's control API. */
  control<T>(path: string, fields?: object): Promise<T>;
  activeTokens(): Promise<EmulatedToken[]>;
  /** How often Notion was asked for pages with tokens of a bot, or with any. */
  searches(botId?: string): Promise<number>;
  /** Ends it as `docker stop` would. @returns its exit code */
  stop(): Promise<number | null>;
}

/** Starts `examples/saas` as a user would, with its emulated Notion. Stopped at the end of the test. */
export async function startSaasExample(): Promise<SaasExample> {
  const { child, output } = runSaasExample({ PORT: "0", SYNC_PAUSE: "100" });
  onTestFinished(async () => void (await stop()));
  const printed = (pattern: RegExp) => [...output().matchAll(pattern)].at(-1)?.[1] ?? "";
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`The example did not start:\n${output()}`);
    return printed(/^Open (\S+)$/gm) !== "" && printed(/emulated at (\S+)$/gm) !== "";
  }, "the example has started");
  const notion = printed(/emulated at (\S+)$/gm);

  async function stop(): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), 30_000);
      await ended;
      clearTimeout(forced);
    }
    return child.exitCode;
  }

  async function read<T>(path: string): Promise<T> {
    return (await (await fetch(`${notion}/__emulator/${path}`)).json()) as T;
  }

  return {
    origin: printed(/^Open (\S+)$/gm),
    output,
    database: printed(/^The database is (.+)$/gm),
    worker: () => Number(printed(/^The worker is process (\d+)$/gm)),
    async control<T>(path: string, fields: object = {}) {
      const answer = await fetch(`${notion}/__emulator/${path}`, { method: "POST", body: JSON.stringify(fields) });
      return (await answer.json()) as T;
    },
    activeTokens: async () => (await read<{ tokens: EmulatedToken[] }>("tokens?state=active")).tokens,
    async searches(botId) {
      const { requests } = await read<{ requests: { token?: string }[] }>("requests?endpoint=search");
      const { tokens } = await read<{ tokens: EmulatedToken[] }>("tokens");
      const own = new Set(tokens.filter((token) => token.botId === botId).map(({ value }) => value));
      return botId === undefined ? requests.length : requests.filter(({ token = "" }) => own.has(token)).length;
    },
    stop,
  };
}

/** Runs `node examples/saas/start.js` with nothing of this process' own `NOTION_*` and `PORT`. */
export function runSaasExample(env: Readonly<Record<string, string>>): { child: ChildProcess; output: () => string } {
  if (!existsSync(`${root}dist/index.js`)) throw new Error("The examples need the built package: npm run build");
  const inherited = Object.entries(process.env).filter(([name]) => name !== "PORT" && !name.startsWith("NOTION_"));
  const child = spawn(process.execPath, ["examples/saas/start.js"], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return { child, output: () => output };
}
