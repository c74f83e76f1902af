import { fileURLToPath } from "node:url";
import { findBinary } from "../../support/binaries.js";
import { describeUnless } from "../../support/services.js";
import { type Finished, finish, main } from "./command-line.js";

const python = findBinary("python3");
const program = fileURLToPath(new URL("pseudo-terminal.py", import.meta.url));

/** vitest's `describe` for what is to be seen on a terminal only. */
export const describeOnTerminal = (title: string, suite: () => void) =>
  describeUnless(python === undefined ? "python3 not installed" : undefined, title, suite);

/** What a terminal of so many columns shows of a command, which writes both of its outputs there. */
export async function onTerminal(
  columns: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished & { readonly lines: readonly string[]; readonly progress: readonly string[] }> {
  const result = await finish([String(columns), process.execPath, main, ...args], { env, program, runtime: python! });
  const output = result.output.replaceAll("\r\n", "\n");
  // Progress is written over and over into one line, until that is cleared.
  const [written, ...parts] = output.split("\r");
  const progress = parts.filter((part) => /\S\x1b\[K$/.test(part)).map((part) => part.slice(0, -"\x1b[K".length));
  const last = parts.length === 0 ? "" : parts.at(-1)!.replace(/^\x1b\[K/, "");
  return { ...result, output, lines: `${written}${last}`.trimEnd().split("\n"), progress };
}
