import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "../../support/on-test-finished.js";
import { temporary } from "../../support/server-process.js";

/** A path for a database of one test, in a directory that is gone when the test is over. */
export function databasePath(): string {
  const { path, remove } = directoryWithDatabase();
  onTestFinished(remove);
  return path;
}

/** For whoever is no test: removed by the caller, or when the tests end. */
export function directoryWithDatabase(): { readonly path: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "sqlite-vault-"));
  return { path: join(directory, "notion.db"), remove: temporary(directory).remove };
}
