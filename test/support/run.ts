import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end, as a person in that directory would: without what the test runner keeps in the environment.
 * @param more what that person has set in it
 */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const { NODE_ENV, NODE_OPTIONS, VITEST, ...env } = process.env;
  const child = spawn(command, args, { cwd, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
  const output = [child.stdout, child.stderr].map((stream) => text(stream));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [stdout = "", stderr = ""] = await Promise.all(output);
  return { status, stdout, stderr };
}

/** As {@link run}; throws unless the program ends with 0. */
export async function runOk(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
