import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** Source texts by path below `src`. */
export type SourceTree = ReadonlyMap<string, string>;

export function readSources(directory = fileURLToPath(new URL("../../../src", import.meta.url))): SourceTree {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return new Map(paths.sort().map((path) => [path.replaceAll("\\", "/"), readFileSync(join(directory, path), "utf8")]));
}

/** The text without comments, as far as formatted code needs it: block comments begin a line, line comments follow a space. */
export function withoutComments(text: string): string {
  return text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, "").replace(/(^|\s)\/\/ .*$/gm, "$1");
}

/**
 * What a module loads when it runs. `import type` and `export type` are erased; `import { type A }` is not
 * (`verbatimModuleSyntax` leaves `import {}` behind).
 */
export function runtimeImports(text: string): string[] {
  const code = withoutComments(text);
  const statements = code.matchAll(
    /^(?:import|export)\b(?!\s+type\b(?!\s+from\b))(?:[\w\s{},*$]*?\bfrom)?\s*"([^"]+)"/gm,
  );
  const calls = code.matchAll(/(?<!\btypeof\s)\b(?:import|require)\(\s*"([^"]+)"/g);
  return [...statements, ...calls].map(([, specifier]) => specifier!);
}

/** The files of the tree that a file names in an import of any kind, types included. */
export function fileImports(path: string, text: string): string[] {
  const specifiers = withoutComments(text).matchAll(/\b(?:from|import)\b\s*\(?\s*"(\.[^"]+)\.js"/g);
  return [...specifiers].map(([, specifier]) => `${posix.join(posix.dirname(path), specifier!)}.ts`);
}

export interface ExportedNames {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** The sorted names of a file that only re-exports by name. Throws at any other statement. */
export function reExports(text: string): ExportedNames {
  const values: string[] = [];
  const types: string[] = [];
  const rest = withoutComments(text).replace(
    /^export (type )?\{([^}]*)\} from "\.[^"]*\.js";$/gm,
    (_statement, onlyTypes: string | undefined, list: string) => {
      for (const entry of list.split(",").map((one) => one.trim())) {
        if (entry === "") continue;
        const name = entry.replace(/^type /, "").replace(/^.* as /, "");
        (onlyTypes !== undefined || entry.startsWith("type ") ? types : values).push(name);
      }
      return "";
    },
  );
  if (rest.trim() !== "") throw new Error(`Not a re-export by name: ${rest.trim().split("\n")[0]}`);
  return { values: values.sort(), types: types.sort() };
}

/** The names of an interface's own members, in order. Formatted code indents them by two spaces. */
export function interfaceMembers(text: string, name: string): string[] {
  const body = new RegExp(`^export interface ${name}\\b[^\\n]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(text)?.[1];
  if (body === undefined) throw new Error(`There is no interface ${name}.`);
  return [...withoutComments(body).matchAll(/^ {2}(?:readonly )?"?([\w.]+)"?\??(?=[:(<])/gm)].map(
    ([, member]) => member!,
  );
}
