// @ts-check
// Sessions of several processes in one SQLite file. The stores on npm for that are not kept up, or have to be compiled; an app on several
// machines takes connect-redis or connect-pg-simple. It waits for the disk at each write, and so does everybody in its process.
import session from "express-session";

const DAY = 24 * 60 * 60 * 1000;

export class SessionStore extends session.Store {
  /** @param {import("libsql").Database} database */
  constructor(database) {
    super();
    database.exec(
      "CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, expires INTEGER NOT NULL, data TEXT NOT NULL)",
    );
    this.read = database.prepare("SELECT data FROM sessions WHERE id = ? AND expires > ?");
    this.write = database.prepare("INSERT OR REPLACE INTO sessions (id, expires, data) VALUES (?, ?, ?)");
    this.prolong = database.prepare("UPDATE sessions SET expires = ? WHERE id = ?");
    this.remove = database.prepare("DELETE FROM sessions WHERE id = ?");
    this.clean = database.prepare("DELETE FROM sessions WHERE expires <= ?");
  }

  /** @type {session.Store["get"]} */
  get(id, callback) {
    answer(callback, () => {
      const [row] = /** @type {{ data: string }[]} */ (this.read.all(id, Date.now()));
      return row && JSON.parse(row.data);
    });
  }

  /** @type {session.Store["set"]} */
  set(id, data, callback) {
    answer(callback, () => {
      this.clean.run(Date.now());
      this.write.run(id, expiry(data), JSON.stringify(data));
    });
  }

  /** @type {NonNullable<session.Store["touch"]>} */
  touch(id, data, callback) {
    answer(callback, () => void this.prolong.run(expiry(data), id));
  }

  /** @type {session.Store["destroy"]} */
  destroy(id, callback) {
    answer(callback, () => void this.remove.run(id));
  }
}

/** @param {session.SessionData} data */
function expiry({ cookie }) {
  return Date.now() + (cookie.originalMaxAge ?? DAY);
}

/**
 * @template T
 * @param {((error?: unknown, result?: T) => void) | undefined} callback
 * @param {() => T} work
 */
function answer(callback, work) {
  let result;
  try {
    result = work();
  } catch (error) {
    setImmediate(() => callback?.(error));
    return;
  }
  setImmediate(() => callback?.(null, result));
}
