import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = join(tmpdir(), "express-notion-oauth-comparison");

/** What the comparison installs by itself. The other peers are development dependencies of this package. */
export const pinned = {
  "@auth/express": "0.12.3",
  "better-auth": "1.7.25",
  "express-openid-connect": "3.4.0",
};

/** Installs the pinned peers, unless they are there. */
export function installPeers() {
  if (Object.entries(pinned).every(([name, version]) => installedVersion(folder, name) === version)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: pinned }));
  // Imports are resolved from where they stand.
  writeFileSync(join(folder, "load.mjs"), "export const load = (name) => import(name);\n");
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "ignore" });
}

/** Imports a pinned peer, or a package below it. */
export async function loadPeer(name) {
  const { load } = await import(pathToFileURL(join(folder, "load.mjs")).href);
  return load(name);
}

export function versionOf(name) {
  return pinned[name] ?? installedVersion(root, name);
}

function installedVersion(from, name) {
  const path = join(from, "node_modules", name, "package.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : undefined;
}
