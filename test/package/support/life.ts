import { copyFileSync } from "node:fs";
import { join } from "node:path";

/** Copies a fixture into a consumer, with the whole life of the matrix beside it. */
export function copyLife(directory: string, ...fixtures: readonly string[]): void {
  for (const file of ["life.mjs", "browser.mjs", "with-passport.mjs"])
    copyFileSync(new URL(`../../matrix/${file}`, import.meta.url), join(directory, file));
  for (const file of fixtures) copyFileSync(new URL(`../fixtures/${file}`, import.meta.url), join(directory, file));
}
