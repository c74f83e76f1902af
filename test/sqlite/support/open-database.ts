import type { Database } from "../../../src/sqlite/database.js";
import { loadDriver } from "../../../src/sqlite/driver.js";
import { onTestFinished } from "../../support/on-test-finished.js";
import { databasePath } from "./database-directory.js";

/**
 * The engine that the vault uses for files. Another one in the same process would not see its locks.
 * https://www.sqlite.org/howtocorrupt.html#multiple_copies_of_sqlite_linked_into_the_same_application
 */
const open = await loadDriver();

/** A database that the app has opened, until the test is over. */
export function openDatabase(path = databasePath()): Database {
  const database = open(path);
  onTestFinished(() => {
    try {
      database.close();
    } catch {
      // The test has closed it.
    }
  });
  return database;
}
