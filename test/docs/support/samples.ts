import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformSync } from "rolldown/utils";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A code block of a page. */
export interface Sample {
  /** The heading that it stands under; its number too, when it is not the first there. */
  readonly name: string;
  readonly language: string;
  readonly code: string;
}

export function samplesOf(page: string): Sample[] {
  const text = readFileSync(`${root}${page}`, "utf8");
  const counts = new Map<string, number>();
  let heading = "";
  return [...text.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, title, language = "", code = ""]) => {
    if (title !== undefined) heading = title.replaceAll("`", "");
    if (title !== undefined) return [];
    const count = (counts.get(heading) ?? 0) + 1;
    counts.set(heading, count);
    return { name: count === 1 ? heading : `${heading} ${count}`, language, code };
  });
}

/** One test for each code block of a page, and none is left out. */
export function describeSamples(page: string, tests: Readonly<Record<string, (code: string) => unknown>>): void {
  const samples = samplesOf(page);
  describe(page, () => {
    test("has no code that is not tested, and no test without code", () => {
      expect(Object.keys(tests)).toEqual(samples.map(({ name }) => name));
    });
    for (const { name, code } of samples) test(name, async () => void (await tests[name]?.(code)));
  });
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Runs a block as it stands.
 * @param scope what the text around it takes for given, by name
 * @param modules what its imports bring, by specifier
 * @returns what it declares at its outermost level
 */
// biome-ignore lint/suspicious/noExplicitAny: nobody knows what a page declares
export async function runSample(code: string, scope: Values, modules: Values): Promise<any> {
  const options = { lang: "ts", decorator: { legacy: true, emitDecoratorMetadata: false }, target: "es2022" } as const;
  const { code: plain, errors } = transformSync("sample.ts", code, {
    ...options,
    typescript: { onlyRemoveTypeImports: false },
  });
  expect(errors).toEqual([]);
  const declared = [...plain.matchAll(/^(?:export )?(?:const|let|class|async function|function) (\w+)/gm)].map(
    ([, name]) => name,
  );
  const body = plain
    .replace(/^import "[^"]+";$/gm, "")
    .replace(/^import ([\s\S]*?) from "([^"]+)";$/gm, (_, names: string, from: string) => importOf(names, from))
    .replace(/^export \{[^}]*\};$/gm, "")
    .replace(/^export /gm, "");
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...args: unknown[]) => unknown;
  const names = Object.keys(scope);
  // In a block of its own, it may declare again what was given.
  const run = new AsyncFunction("load", ...names, `{ ${body}\nreturn { ${declared.join(", ")} }; }`);
  return run(loaderOf(modules), ...names.map((name) => scope[name]));
}

/** An import as a declaration. */
function importOf(names: string, from: string): string {
  const [, standard, braces] = /^(\w+)?(?:,\s*)?(\{[\s\S]*\})?$/.exec(names) ?? [];
  const source = `load(${JSON.stringify(from)})`;
  return [
    standard === undefined ? "" : `const ${standard} = ${source}.default;`,
    braces === undefined ? "" : `const ${braces.replaceAll(" as ", ": ")} = ${source};`,
  ].join(" ");
}

type Decorator = (target: object, name?: string, descriptor?: PropertyDescriptor | number) => unknown;

/** What TypeScript's decorators are compiled to. */
const helpers: Values = {
  "@oxc-project/runtime/helpers/decorate": {
    default(decorators: Decorator[], target: object, name?: string) {
      const member = name === undefined ? undefined : Object.getOwnPropertyDescriptor(target, name);
      const decorated = decorators.reduceRight<unknown>(
        (last, decorate) => (name === undefined ? decorate(last as object) : decorate(target, name, member)) ?? last,
        name === undefined ? target : member,
      );
      if (name !== undefined) Object.defineProperty(target, name, decorated as PropertyDescriptor);
      return decorated;
    },
  },
  "@oxc-project/runtime/helpers/decorateParam": {
    default: (index: number, decorate: Decorator) => (target: object, name: string) =>
      void decorate(target, name, index),
  },
};

function loaderOf(given: Values): (specifier: string) => unknown {
  const modules = { ...helpers, ...given };
  return (specifier) => {
    if (!Object.hasOwn(modules, specifier)) throw new Error(`A sample imports ${specifier}, which no test brings.`);
    return modules[specifier];
  };
}
