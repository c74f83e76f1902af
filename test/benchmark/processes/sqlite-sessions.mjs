import session from "express-session";
import Database from "libsql";

/** Sessions that several processes share, in a database of their own. */
export class SqliteSessions extends session.Store {
  #select;
  #upsert;
  #delete;

  constructor(path) {
    super();
    const database = new Database(path);
    database.exec("PRAGMA busy_timeout = 5000");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("CREATE TABLE IF NOT EXISTS sessions (sid TEXT PRIMARY KEY, data TEXT NOT NULL)");
    this.#select = database.prepare("SELECT data FROM sessions WHERE sid = ?");
    this.#upsert = database.prepare(
      "INSERT INTO sessions VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data",
    );
    this.#delete = database.prepare("DELETE FROM sessions WHERE sid = ?");
  }

  get(sid, done) {
    const [row] = this.#select.all(sid);
    done(null, row && JSON.parse(row.data));
  }

  set(sid, data, done) {
    this.#upsert.run(sid, JSON.stringify(data));
    done?.();
  }

  destroy(sid, done) {
    this.#delete.run(sid);
    done?.();
  }
}
