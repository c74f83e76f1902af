import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import type { Database, OpenDatabase } from "./database.js";
import { filesOf, isOpenToOthers, modeOf } from "./file-access.js";

const OWNER_ONLY = 0o600;

/** Opens the file, which nobody but its owner can read from its first moment on. */
export function openFile(path: string, open: OpenDatabase): Database {
  if (path === ":memory:") return open(path);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) makeFile(path);
  // Before it is opened: SQLite gives the files beside it the mode that it has then.
  for (const file of filesOf(path)) makePrivate(file);
  return open(path);
}

/**
 * Made elsewhere and linked into place. Closing a file takes all locks of this process off it, those of other connections as well: so
 * a file that SQLite may have open already must never be opened here. https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
function makeFile(path: string): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, "", { flag: "wx", mode: OWNER_ONLY });
  try {
    linkSync(draft, path);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(draft);
  }
}

function makePrivate(file: string): void {
  const mode = modeOf(file);
  if (mode === undefined || !isOpenToOthers(mode)) return;
  try {
    chmodSync(file, OWNER_ONLY);
  } catch (error) {
    // Somebody else's file, or read-only: then it is for them to say who reads it.
    if (!["EPERM", "EROFS", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
