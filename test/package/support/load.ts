import { type Run, run } from "../../support/run.js";

/** How a module is loaded. */
export type Loader = "import" | "require";

/** Loads modules in one process, which prints the sorted names of the exports of each; the one that fails is named on stderr. */
export function load(
  loader: Loader,
  specifiers: readonly string[],
  directory: string,
  node = process.execPath,
): Promise<Run> {
  const [type, take] = loader === "import" ? ["module", "await import"] : ["commonjs", "require"];
  const code = `
    const names = {};
    for (const specifier of ${JSON.stringify(specifiers)}) {
      try {
        names[specifier] = Object.keys(${take}(specifier)).sort();
      } catch (error) {
        console.error(specifier);
        throw error;
      }
    }
    console.log(JSON.stringify(names, undefined, 2));`;
  return run(node, [`--input-type=${type}`, "--eval", code], directory);
}
