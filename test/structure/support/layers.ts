import { posix } from "node:path";
import { fileImports, runtimeImports, type SourceTree, withoutComments } from "./source-tree.js";

interface Layer {
  /** Files it consists of: a folder, or a file without `.ts`. */
  readonly files: readonly string[];
  /** Layers and files it may load beside itself. */
  readonly mayLoad: readonly string[];
  /** Packages it may load. Node's own modules are free, but for the sockets below. */
  readonly packages?: readonly string[];
}

/** The contract, and what does not know what this package is about. */
const databasesMayLoad = [
  "vault/vault",
  "support/time-limit",
  "support/damaged-json",
  "support/is-not-installed",
  "support/without-password",
  "support/parse-url",
];

/** Imports point one way. An import of types is erased and may point anywhere. */
export const layers: Readonly<Record<string, Layer>> = {
  base: { files: ["options", "support", "errors", "events", "logger", "tracing"], mayLoad: [], packages: ["debug"] },
  api: { files: ["api"], mayLoad: ["base"] },
  vault: { files: ["vault"], mayLoad: ["base"] },
  sqlite: { files: ["sqlite"], mayLoad: databasesMayLoad, packages: ["better-sqlite3", "libsql"] },
  postgres: { files: ["postgres"], mayLoad: databasesMayLoad, packages: ["pg"] },
  redis: { files: ["redis"], mayLoad: databasesMayLoad, packages: ["ioredis", "redis"] },
  lifecycle: { files: ["lifecycle"], mayLoad: ["base", "api", "vault"], packages: ["@notionhq/client"] },
  express: { files: ["express"], mayLoad: ["base", "api", "vault", "lifecycle"], packages: ["helmet"] },
  passport: {
    files: ["passport"],
    mayLoad: ["base", "api", "vault", "lifecycle", "express"],
    packages: ["passport-oauth2"],
  },
  "notion-oauth": { files: ["notion-oauth", "index"], mayLoad: ["base", "api", "vault", "lifecycle", "express"] },
  opentelemetry: { files: ["opentelemetry"], mayLoad: [], packages: ["@opentelemetry/api"] },
  emulator: { files: ["emulator"], mayLoad: [] },
  testing: { files: ["testing"], mayLoad: ["vault/vault"] },
  cli: {
    files: ["cli"],
    mayLoad: ["base", "api", "vault", "lifecycle", "sqlite", "postgres", "redis", "emulator", "notion-oauth"],
  },
};

const sockets = new Set(["http", "https", "http2", "net", "tls", "dgram"].flatMap((name) => [name, `node:${name}`]));
const mayOpenSockets = (path: string) => path === "api/request.ts" || path.startsWith("emulator/");

/** Everything in a source tree that the layout does not allow, one sentence each. */
export function violations(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const name = layerOf(path);
    const layer = name === undefined ? undefined : layers[name];
    if (layer === undefined) return [`${path} belongs to no layer`];
    const allowed = [...layer.files, ...layer.mayLoad.flatMap((one) => layers[one]?.files ?? [one])];
    const wrongLoads = runtimeImports(text).filter((specifier) => {
      if (!specifier.startsWith(".")) return !isAllowedPackage(path, layer, specifier);
      const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, "");
      return !allowed.some((one) => target === one || target.startsWith(`${one}/`));
    });
    return [...wrongLoads.map((specifier) => `${path} loads ${specifier}`), ...wrongCode(path, text)];
  });
}

/** Chains of files that import each other, types included, each once: such files can only be read together. */
export function cycles(tree: SourceTree): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, chain: readonly string[]): void => {
    if (chain.includes(path)) found.push([...chain.slice(chain.indexOf(path)), path].join(" > "));
    if (chain.includes(path) || done.has(path)) return;
    for (const target of fileImports(path, tree.get(path) ?? "")) visit(target, [...chain, path]);
    done.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  return found;
}

function layerOf(path: string): string | undefined {
  const plain = path.replace(/\.ts$/, "");
  return Object.keys(layers).find((name) =>
    layers[name]?.files.some((file) => plain === file || plain.startsWith(`${file}/`)),
  );
}

function isAllowedPackage(path: string, layer: Layer, specifier: string): boolean {
  if (sockets.has(specifier)) return mayOpenSockets(path);
  return specifier.startsWith("node:") || (layer.packages?.includes(specifier) ?? false);
}

function wrongCode(path: string, text: string): string[] {
  const code = withoutComments(text);
  const rules: readonly (readonly [RegExp, string, boolean])[] = [
    [/\bprocess\.env\b|\benv\b[^;]*from "node:process"/, "reads the environment", path.startsWith("cli/")],
    [/^export default\b|\bas default\b/m, "has a default export", false],
    [/(?<![.\w])fetch\(/, "opens a socket by fetch", path.startsWith("emulator/")],
  ];
  const problems = rules
    .filter(([pattern, , isExempt]) => !isExempt && pattern.test(code))
    .map(([, problem]) => problem);
  // In what is published, an optional package may be without its types. Only JSDoc gets there.
  const silenced = text.replaceAll("/** @ts-ignore The SDK is an optional peer.", "");
  if (/@ts-(?:ignore|nocheck)/.test(silenced)) problems.push("silences the compiler");
  return problems.map((problem) => `${path} ${problem}`);
}
