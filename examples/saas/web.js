// @ts-check
// The process that people talk to.
import { once } from "node:events";
import { createServer } from "node:http";
import { createAccounts } from "./accounts.js";
import { createApp } from "./app.js";
import { openDatabase } from "./database.js";
import { openNotion } from "./notion.js";
import { onStop } from "./on-stop.js";
import { SessionStore } from "./session-store.js";
import { readSettings } from "./settings.js";
import { createSynced } from "./synced.js";
import { serveMetrics } from "./telemetry.js";

const { PORT = "3000", NOTION_REDIRECT_URI } = process.env;

// Listening comes before the rest: with PORT=0 the redirect URI is known only then.
const server = createServer();
const port = await listen();
const redirectUri = NOTION_REDIRECT_URI ?? `http://localhost:${port}/notion/callback`;
const { origin } = new URL(redirectUri);

const settings = readSettings();
const database = openDatabase(settings.database);
const accounts = createAccounts(database);
const synced = createSynced(database);
const notion = openNotion(
  { settings, database, accounts, synced },
  {
    redirectUri,
    // /log-in is where people log in to this app.
    routes: { login: "/notion/connect", disconnect: "/notion/disconnect", logout: "/log-out" },
    postLogoutRedirect: "/log-in?done=logged-out",
  },
);
const stopMetrics = await serveMetrics("web process", notion);
const sessions = new SessionStore(database);
const { notionUrl, sessionSecret } = settings;
server.on("request", createApp({ notion, accounts, synced, sessions, origin, notionUrl, sessionSecret }));

onStop(async () => {
  const closed = once(server, "close");
  server.close();
  // Pages that are open hold a connection, for news.
  setTimeout(() => server.closeAllConnections(), 1000).unref();
  await closed;
  stopMetrics();
  // Nothing is revoked here: the connections are the users', and go on without this process.
  await notion.close();
  database.close();
  process.exit();
});

console.log(`Open ${origin}`);

async function listen() {
  try {
    await once(server.listen(Number(PORT)), "listening");
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    console.error(`Port ${PORT} cannot be used (${code}). Choose another one: PORT=3001 npm run example:saas`);
    process.exit(1);
  }
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}
