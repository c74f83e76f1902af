import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "./on-test-finished.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface BasicExample {
  /** Where the app is. */
  readonly origin: string;
  /** Where its emulated Notion is. */
  readonly notion: string;
  /** Tokens that still work there. */
  activeTokens(): Promise<number>;
  /** Whether it is down. */
  isDown(): Promise<boolean>;
  /** Ends the process as `docker stop` would. Returns its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `examples/basic` as a user would, with its emulated Notion. Stopped at the end of the test. */
export async function startBasicExample(env: Readonly<Record<string, string>> = {}): Promise<BasicExample> {
  const { child, output } = runBasicExample({ PORT: "0", ...env });
  onTestFinished(async () => void (await stop()));
  const notion = await printed(/^Notion is emulated at (\S+)$/m);
  const origin = await printed(/^Open (\S+)$/m);

  async function printed(pattern: RegExp): Promise<string> {
    const giveUpAt = Date.now() + 60_000;
    while (true) {
      const found = pattern.exec(output())?.[1];
      if (found !== undefined) return found;
      if (child.exitCode !== null || Date.now() > giveUpAt) throw new Error(`The example did not start:\n${output()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function state(): Promise<{ activeTokens: number; isDown: boolean }> {
    const answer = await fetch(`${notion}/__emulator/state`);
    return (await answer.json()) as { activeTokens: number; isDown: boolean };
  }

  async function stop(): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), 8000);
      await ended;
      clearTimeout(forced);
    }
    return child.exitCode;
  }

  return {
    origin,
    notion,
    activeTokens: async () => (await state()).activeTokens,
    isDown: async () => (await state()).isDown,
    stop,
  };
}

/** Runs `node examples/basic/start.js` with nothing of this process' own `NOTION_*` and `PORT`. */
export function runBasicExample(env: Readonly<Record<string, string>>): { child: ChildProcess; output: () => string } {
  if (!existsSync(`${root}dist/index.js`)) throw new Error("The examples need the built package: npm run build");
  const inherited = Object.entries(process.env).filter(([name]) => name !== "PORT" && !name.startsWith("NOTION_"));
  const child = spawn(process.execPath, ["examples/basic/start.js"], {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return { child, output: () => output };
}
