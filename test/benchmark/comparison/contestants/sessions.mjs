import { join } from "node:path";
import session from "express-session";
import { SqliteSessions } from "../../processes/sqlite-sessions.mjs";

/** express-session as its documentation sets it up, in a store that survives the process and that several share. */
export function mountSessions(app, { folder, maxAge }) {
  const store = new SqliteSessions(join(folder, "sessions.db"));
  app.use(
    session({
      secret: "session secret",
      resave: false,
      saveUninitialized: false,
      store,
      ...(maxAge !== undefined && { cookie: { maxAge } }),
    }),
  );
  return {
    breakStore() {
      store.set = (_sid, _data, done) => done(new Error("The session store is away."));
    },
  };
}
