// What is compared. Each one answers the same requests, as far as its rows ask for them:
//   POST /setup?token=          a session that is connected with this access token (outside of what is measured)
//   GET  /login                 sends the browser to Notion; GET /auth/notion/callback finishes the login
//   POST /logout                ends it: 200 as JSON, session destroyed, cookie cleared
//   GET  /guarded               200 for a connected session, 401 otherwise
import { handWritten, throughFetch, throughHttp, throughSdk, throughUndici, withoutNotion } from "./hand-written.mjs";
import { readOfPostgres, readOfRedis, readOfSqlite, readOfStore } from "./one-read.mjs";
import { ours } from "./ours.mjs";
import { withPassport } from "./with-passport.mjs";

export const contestants = {
  bare: { title: "a session alone, Notion is not asked", ...handWritten(withoutNotion) },
  bareAgain: { title: "the same once more: what differs is noise", ...handWritten(withoutNotion) },
  undici: { title: "hand-written, undici Pool", ...handWritten(throughUndici) },
  http: { title: "hand-written, node:http", ...handWritten(throughHttp) },
  fetch: { title: "hand-written, fetch", ...handWritten(throughFetch) },
  sdk: { title: "@notionhq/client", ...handWritten(throughSdk) },
  passport: { title: "passport + passport-oauth2, fetch", ...withPassport() },
  readOfStore: { title: "one more read of the session store, by hand", ...readOfStore() },
  readOfSqlite: { title: "one read of an SQLite database, by hand", ...readOfSqlite() },
  readOfPostgres: { title: "one read of PostgreSQL, by hand", ...readOfPostgres() },
  readOfRedis: { title: "one read of Redis, by hand", ...readOfRedis() },
  memory: { title: "ours, memoryVault", ...ours() },
  sqlite: { title: "ours, sqliteVault", ...ours({ vault: "sqlite" }) },
  postgres: { title: "ours, postgresVault", ...ours({ vault: "postgres" }) },
  redis: { title: "ours, redisVault", ...ours({ vault: "redis" }) },
  foreign: { title: "ours, memoryVault, logout({ tokens })", ...ours({ foreign: true }) },
  memoryBackground: { title: "ours, memoryVault, background", ...ours({ logoutMode: "background" }) },
  sqliteBackground: { title: "ours, sqliteVault, background", ...ours({ vault: "sqlite", logoutMode: "background" }) },
};
