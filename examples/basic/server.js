// @ts-check
// The app as a process: puts the parts together, and ends in good order.
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { createNotionOAuth } from "express-notion-oauth";
import { sqliteVault } from "express-notion-oauth/sqlite";
import { createApp } from "./app.js";
import { openJournal } from "./journal.js";
import { giveUp, readSettings } from "./settings.js";

const settings = readSettings();
const { clientId, clientSecret, notionUrl } = settings;

// Listening comes before the rest: with PORT=0 the redirect URI is known only then.
const server = createServer();
const port = await listen(settings.port);
const redirectUri = settings.redirectUri ?? `http://localhost:${port}/auth/notion/callback`;
const { origin } = new URL(redirectUri);

const database = join(settings.data, "notion.db");
const notion = createNotionOAuth({
  clientId,
  clientSecret,
  redirectUri,
  // Tokens outlive this process, whatever ends it: so does the file where they are kept, sealed, until they are dead.
  vault: sqliteVault(database),
  postLogoutRedirect: "/",
  afterCallback(req) {
    req.session.since ??= Date.now();
  },
  // Short delays, so that a visitor sees the end of an outage within seconds. The default backs off to 15 minutes.
  ...(notionUrl && { baseUrl: notionUrl, retry: { minDelay: 500, maxDelay: 2000 } }),
});

const journal = openJournal(join(settings.data, "journal.jsonl"));
journal.write({ type: "server", isUp: true, pid: process.pid });
journal.follow(notion);

/** @type {Set<string>} */
const workspaces = new Set();
notion.on("connection.created", ({ workspaceId }) => void workspaces.add(workspaceId));

const stopping = new AbortController();
server.on("request", createApp({ notion, origin, journal, notionUrl, stop, stopping: stopping.signal }));

// Before anybody is told that it runs: a signal from then on is an orderly end. Without start.js it ends, too.
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
process.once("disconnect", stop);
process.send?.(port);

console.log(`Open ${origin}`);
console.log(notionUrl ? `Notion is emulated at ${notionUrl}` : "Notion is the real one.");
console.log(`The app is process ${process.pid}. Its tokens are in ${database}`);

async function stop() {
  if (stopping.signal.aborted) return;
  stopping.abort();
  const closed = once(server, "close");
  server.close();
  setTimeout(() => server.closeAllConnections(), 3000).unref();
  await closed;
  // The sessions end with this process (see app.js): their tokens have to die with it, or nobody could revoke them.
  for (const workspaceId of workspaces) await notion.revokeAll({ workspaceId });
  const left = await notion.revocations.pending();
  if (left.length > 0)
    console.warn(`Not confirmed by Notion yet: ${left.length} revocation(s). They wait in the database.`);
  await notion.close();
  journal.write({ type: "server", isUp: false, pid: process.pid });
  process.exit();
}

/** @param {number} wanted */
async function listen(wanted) {
  try {
    await once(server.listen(wanted), "listening");
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === "EADDRINUSE") return giveUp(`Port ${wanted} is taken. Choose another one: PORT=3001 npm start`);
    throw error;
  }
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}
