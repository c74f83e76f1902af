import { tokenAnswer } from "./notion.mjs";

const record = { state: "held", sealed: "s".repeat(240), ...tokenAnswer("ntn_sealed") };

/** A guard that reads a record beside the session, from where `open` says. */
function oneRead(open, database) {
  return {
    database,
    async mount(app, options) {
      const records = await open(options);
      app.post("/setup", (req, res) => {
        req.session.notionToken = req.query.token;
        records.write(req, record, () => res.json({}));
      });
      app.get("/guarded", (req, res) => {
        records.read(req, (found) => {
          if (found?.state !== "held") return res.status(401).json({ error: "not_connected" });
          res.json({ hello: "world" });
        });
      });
    },
  };
}

/** One more read of the session store. */
export function readOfStore() {
  const key = (req) => `notion.${req.sessionID}`;
  return oneRead(() => ({
    write(req, record, done) {
      const cookie = { originalMaxAge: 86_400_000, expires: new Date(Date.now() + 86_400_000), path: "/" };
      req.sessionStore.set(key(req), { cookie, record }, done);
    },
    read: (req, done) => req.sessionStore.get(key(req), (_error, row) => done(row?.record)),
  }));
}

/** One read of an SQLite database, by the engine that the vault uses. */
export function readOfSqlite() {
  return oneRead(async ({ database }) => {
    const { default: Database } = await import("libsql");
    const db = new Database(database);
    db.exec("PRAGMA journal_mode = WAL; CREATE TABLE records (id TEXT PRIMARY KEY, data TEXT NOT NULL)");
    const insert = db.prepare("INSERT INTO records VALUES (?, ?)");
    const select = db.prepare("SELECT data FROM records WHERE id = ?");
    return {
      write(req, record, done) {
        insert.run(req.sessionID, JSON.stringify(record));
        done();
      },
      read(req, done) {
        const [row] = select.all(req.sessionID);
        done(row && JSON.parse(row.data));
      },
    };
  }, "sqlite");
}

/** One read of PostgreSQL, by the client that the vault uses. */
export function readOfPostgres() {
  return oneRead(async ({ database }) => {
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({ connectionString: database });
    await pool.query("CREATE TABLE records (id TEXT PRIMARY KEY, data TEXT NOT NULL)");
    return {
      write: (req, record, done) =>
        pool.query("INSERT INTO records VALUES ($1, $2)", [req.sessionID, JSON.stringify(record)], done),
      read: (req, done) =>
        pool.query("SELECT data FROM records WHERE id = $1", [req.sessionID], (_error, result) =>
          done(result?.rows[0] && JSON.parse(result.rows[0].data)),
        ),
    };
  }, "postgres");
}

/** One read of Redis, by the client that the vault uses. */
export function readOfRedis() {
  return oneRead(async ({ database }) => {
    const { Redis } = await import("ioredis");
    const redis = new Redis(database);
    return {
      write: (req, record, done) => redis.set(`record:${req.sessionID}`, JSON.stringify(record), done),
      read: (req, done) => redis.get(`record:${req.sessionID}`, (_error, text) => done(text && JSON.parse(text))),
    };
  }, "redis");
}
