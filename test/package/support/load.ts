import { type Run, run } from "../../support/run.js";

/** How a module is loaded. */
export type Loader = "import" | "require";

/** Loads a module in a process of its own, which prints the sorted names of its exports. */
export function load(loader: Loader, specifier: string, directory: string, node = process.execPath): Promise<Run> {
  const [type, module] =
    loader === "import"
      ? ["module", `await import(${JSON.stringify(specifier)})`]
      : ["commonjs", `require(${JSON.stringify(specifier)})`];
  const code = `console.log(JSON.stringify(Object.keys(${module}).sort()))`;
  return run(node, [`--input-type=${type}`, "--eval", code], directory);
}
