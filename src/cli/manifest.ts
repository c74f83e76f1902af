import { readFileSync } from "node:fs";

/** What the command line reads of this package's own package.json. */
export interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export function manifest(): Manifest {
  // The same from `dist/cli` and from `dist/shared`.
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Manifest;
}
