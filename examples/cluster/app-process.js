// @ts-check
// One of the processes: its own connection to the database, its own worker for revocations. All are alike.
import { once } from "node:events";
import { createNotionOAuth } from "express-notion-oauth";
import { createApp } from "./app.js";
import { loadDatabase } from "./databases/index.js";

const { openDatabase } = await loadDatabase(setting("DATABASE_KIND"));
const database = await openDatabase(setting("DATABASE"));

const notion = createNotionOAuth({
  clientId: setting("NOTION_CLIENT_ID"),
  clientSecret: setting("NOTION_CLIENT_SECRET"),
  redirectUri: `${setting("ORIGIN")}/auth/notion/callback`,
  baseUrl: setting("NOTION_URL"),
  // What makes one refresh out of many, and lets every process revoke what any of them has to.
  vault: database.vault,
});

const app = createApp({
  notion,
  store: database.store,
  sessionSecret: setting("SESSION_SECRET"),
  origin: setting("ORIGIN"),
  notionUrl: setting("NOTION_URL"),
  process: Number(setting("PROCESS")),
  processes: Number(setting("PROCESSES")),
});
const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

let stopped = false;
// Ctrl+C reaches every process of the terminal; start.js says when it is our turn.
process.on("SIGINT", () => {});
process.once("message", stop);
process.once("disconnect", stop);
process.send?.({ port });

async function stop() {
  if (stopped) return;
  stopped = true;
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 2000).unref();
  await closed;
  await notion.close();
  await database.close();
  process.exit();
}

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run start.js.`);
  return value;
}
