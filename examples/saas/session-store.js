// @ts-check
// Sessions in the app's own SQLite file. An app on a database server takes connect-pg-simple or connect-redis instead.
import session from "express-session";

const DAY = 24 * 60 * 60 * 1000;

export class SessionStore extends session.Store {
  /** @param {import("./database.js").AppDatabase} database */
  constructor(database) {
    super();
    this.read = database.prepare("SELECT data FROM sessions WHERE id = ? AND expires > ?");
    this.write = database.prepare("INSERT OR REPLACE INTO sessions (id, account, expires, data) VALUES (?, ?, ?, ?)");
    this.prolong = database.prepare("UPDATE sessions SET expires = ? WHERE id = ?");
    this.remove = database.prepare("DELETE FROM sessions WHERE id = ?");
    this.clean = database.prepare("DELETE FROM sessions WHERE expires <= ?");
    this.ofAccount = database.prepare("SELECT id, data FROM sessions WHERE account = ? AND expires > ?");
    this.removeOthers = database.prepare("DELETE FROM sessions WHERE account = ? AND id <> ?");
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
      this.write.run(id, data.userId ?? null, expiry(data), JSON.stringify(data));
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

  /** The device that each session of an account was begun on, by the id of the session. @param {string} account */
  devices(account) {
    const rows = /** @type {{ id: string, data: string }[]} */ (this.ofAccount.all(account, Date.now()));
    return new Map(rows.map(({ id, data }) => [id, /** @type {session.SessionData} */ (JSON.parse(data)).device]));
  }

  /**
   * @param {string} account
   * @param {string} except id of the session that stays
   */
  endOthers(account, except) {
    this.removeOthers.run(account, except);
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
