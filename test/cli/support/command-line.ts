import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll } from "vitest";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const main = `${root}dist/cli/main.js`;

export interface Run {
  readonly child: ChildProcess;
  output(): string;
  errors(): string;
}

export interface Finished {
  readonly code: unknown;
  readonly output: string;
  readonly errors: string;
}

const children = new Set<ChildProcess>();

/** Call it once per file: ends what the tests leave running. */
export function useCommandLine(): void {
  beforeAll(() => {
    if (!existsSync(main)) throw new Error("Run `npm run build` first: these tests start dist/cli/main.js.");
  });
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
  });
}

/** Starts the command with these arguments: with this Node, or what else runs `program`. `env` goes on top of the environment; `output` is a file to write to; `cwd` is the folder to start it in. */
export function start(
  args: readonly string[],
  {
    env = {},
    program = main,
    runtime = process.execPath,
    output: to = "pipe",
    cwd,
  }: {
    env?: Readonly<Record<string, string>>;
    program?: string;
    runtime?: string;
    output?: "pipe" | number;
    cwd?: string;
  } = {},
): Run {
  const child = spawn(runtime, [program, ...args], {
    stdio: ["ignore", to, "pipe"],
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  children.add(child);
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return { child, output: () => output, errors: () => errors };
}

export async function ended(run: Run): Promise<Finished> {
  const [code] = (await once(run.child, "close")) as [number | null];
  return { code, output: run.output(), errors: run.errors() };
}

export function finish(...parameters: Parameters<typeof start>): Promise<Finished> {
  return ended(start(...parameters));
}
