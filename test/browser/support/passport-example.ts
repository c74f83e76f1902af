import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { eventually } from "../../support/app.js";
import { onTestFinished } from "../../support/on-test-finished.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface PassportExample {
  readonly origin: string;
  /** Tokens that still work at its emulated Notion. */
  activeTokens(): Promise<number>;
}

/** Starts `examples/passport` as a user would, with its emulated Notion. Stopped at the end of the test. */
export async function startPassportExample(): Promise<PassportExample> {
  if (!existsSync(`${root}dist/index.js`)) throw new Error("The examples need the built package: npm run build");
  const inherited = Object.entries(process.env).filter(([name]) => name !== "PORT" && !name.startsWith("NOTION_"));
  const child = spawn(process.execPath, ["examples/passport/server.js"], {
    cwd: root,
    env: Object.fromEntries(inherited),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const forced = setTimeout(() => child.kill("SIGKILL"), 8000);
    await ended;
    clearTimeout(forced);
  });
  const printed = (pattern: RegExp) => pattern.exec(output)?.[1];
  await eventually(() => printed(/emulated at (\S+)\n/) !== undefined, "the example has started");
  const notion = printed(/emulated at (\S+)\n/);
  return {
    origin: printed(/^Open (\S+)$/m) ?? "",
    async activeTokens() {
      const answer = await fetch(`${notion}/__emulator/state`);
      return ((await answer.json()) as { activeTokens: number }).activeTokens;
    },
  };
}
