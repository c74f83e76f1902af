// Builds dist from src: declarations file by file, code in one file per entry point and what they share. Loading forty small
// files costs an app a third more of its start-up than loading one. Nothing is minified, so a stack trace leads to readable
// code, in which a comment names each source file. The documentation comments are in the declarations, and "go to definition"
// leads from those to the source.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const { exports, bin } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

// What an earlier build left must not linger in the package.
rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--emitDeclarationOnly"], {
  cwd: root,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
for (const file of dropUnreachable()) addSource(file);

// Each file that is loaded takes about half a millisecond: an app loads three.
const base = ["errors", "vault/vault", "support"];
const core = ["api", "events", "express", "lifecycle", "logger", "notion-oauth", "options", "tracing", "vault"];
const inFolders = (names) => (id) =>
  names.some((name) => id.startsWith(`${root}src/${name}/`) || id === `${root}src/${name}.ts`);

const build = await rolldown({ cwd: root, input: entries(), platform: "node", external: /^[^./]/, treeshake: true });
await build.write({
  dir: `${root}dist`,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "shared/[name]-[hash].js",
  comments: { jsdoc: false },
  codeSplitting: {
    groups: [
      { name: "base", test: inFolders(base), priority: 1 },
      { name: "core", test: (id) => inFolders(core)(id) && !/\/(?:favicon|page-(?:html|signs|style))\.ts$/.test(id) },
    ],
  },
});
await build.close();
for (const file of Object.values(bin)) if (existsSync(`${root}${file}`)) chmodSync(`${root}${file}`, 0o755);

/** Most declarations are of what no entry point leads to: they would only be installed. @returns the others */
function dropUnreachable() {
  const reached = new Set(Object.values(exports).flatMap(({ types }) => (types ? [join(root, types)] : [])));
  for (const file of reached) {
    const text = readFileSync(file, "utf8");
    for (const [, specifier] of text.matchAll(/(?:from|import\()\s*"(\.[^"]+)\.js"/g))
      reached.add(join(dirname(file), `${specifier}.d.ts`));
  }
  for (const name of readdirSync(`${root}dist`, { recursive: true })) {
    const file = join(root, "dist", name);
    if (/\.d\.ts(?:\.map)?$/.test(name) && !reached.has(file.replace(/\.map$/, ""))) rmSync(file);
  }
  return reached;
}

/** Puts the source of a declaration file where its map leads to. */
function addSource(file) {
  const map = JSON.parse(readFileSync(`${file}.map`, "utf8"));
  const [source] = map.sources.map((name) => join(dirname(file), name));
  const target = join(root, "dist/source", relative(join(root, "src"), source));
  cpSync(source, target);
  writeFileSync(`${file}.map`, JSON.stringify({ ...map, sources: [relative(dirname(file), target)] }));
}

/** The entry points as package.json names them: `{ "passport/index": "src/passport/index.ts" }`. */
function entries() {
  const files = [...Object.values(exports).map((target) => target.default), ...Object.values(bin)];
  const names = files.flatMap((file) => /^(?:\.\/)?dist\/(.+)\.js$/.exec(file ?? "")?.[1] ?? []);
  const sources = names.map((name) => [name, `${root}src/${name}.ts`]);
  return Object.fromEntries(sources.filter(([, source]) => existsSync(source)));
}
