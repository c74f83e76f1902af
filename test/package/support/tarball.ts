import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { oncePerRun } from "../../support/once-per-run.js";
import { runOk } from "../../support/run.js";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type: string;
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

/** The subpaths with code behind them, as a consumer writes them: `express-notion-oauth/emulator`. */
export const entries = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === "object")
  .map(([subpath]) => ({ subpath, specifier: manifest.name + subpath.slice(1) }));

export interface Tarball {
  readonly path: string;
  /** In bytes: the tarball, and what is in it. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** What `npm publish` would send, packed once per run. */
export function packed(): Promise<Tarball> {
  return oncePerRun("tarball", async (directory) => {
    const output = await runOk("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", directory], root);
    const [{ filename, ...facts }] = JSON.parse(output) as [Omit<Tarball, "path"> & { filename: string }];
    return { ...facts, path: join(directory, filename) };
  });
}
