// @ts-check
// What `npm start` runs: reads the environment, starts the app, and ends it in good order.
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createNotionOAuth, memoryVault } from "express-notion-oauth";
import { sqliteVault } from "express-notion-oauth/sqlite";
import { createApp } from "./app.js";
import { startEmulatedNotion } from "./emulated-notion.js";
import { createTokenLog } from "./token-log.js";

const account = realNotion();
const { options, emulator } = account ? { options: account, emulator: undefined } : await startEmulatedNotion();

// Listening comes before the rest: with PORT=0 the redirect URI is known only then.
const server = createServer();
const port = await listen(process.env.PORT || (account && new URL(account.redirectUri).port) || "3000");
const redirectUri = account?.redirectUri ?? `http://localhost:${port}/auth/notion/callback`;
const { origin } = new URL(redirectUri);

const notion = createNotionOAuth({
  ...options,
  // Real tokens outlive this process, whatever ends it: so does the place where they are kept until they are dead. The emulated
  // Notion forgets its own.
  vault: emulator ? memoryVault() : sqliteVault(dataFile("notion.db")),
  redirectUri,
  postLogoutRedirect: "/?logged-out",
  afterCallback(req) {
    req.session.since ??= Date.now();
  },
});

const tokenLog = createTokenLog();
tokenLog.watchApp(notion);
if (emulator) tokenLog.watchNotion(emulator);

/** @type {Set<string>} */
const workspaces = new Set();
notion.on("connection.created", ({ workspaceId }) => void workspaces.add(workspaceId));

server.on("request", createApp({ notion, origin, tokenLog, emulator }));

// Before anybody is told that it runs: a signal from then on is an orderly end.
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

console.log(`Open ${origin}`);
console.log(emulator ? `Notion is emulated at ${emulator.url}` : "Notion is the real one.");

async function stop() {
  const closed = once(server, "close");
  server.close();
  setTimeout(() => server.closeAllConnections(), 3000).unref();
  await closed;
  // The sessions end with this process (see app.js): their tokens have to die with it, or nobody could revoke them.
  for (const workspaceId of workspaces) await notion.revokeAll({ workspaceId });
  const left = await notion.revocations.pending();
  if (left.length > 0)
    console.warn(`Not confirmed by Notion yet: ${left.length} revocation(s). The next start goes on with them.`);
  await notion.close();
  await emulator?.close();
}

/**
 * A file that outlives this process, in a directory that only its owner can look into.
 * @param {string} name
 */
function dataFile(name) {
  const directory = fileURLToPath(new URL("data", import.meta.url));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return `${directory}/${name}`;
}

/** The credentials of a real public connection, when they are given. */
function realNotion() {
  const {
    NOTION_CLIENT_ID: clientId,
    NOTION_CLIENT_SECRET: clientSecret,
    NOTION_REDIRECT_URI: redirectUri,
  } = process.env;
  if (!clientId && !clientSecret && !redirectUri) return undefined;
  if (!clientId || !clientSecret || !redirectUri) {
    return giveUp("The real Notion needs NOTION_CLIENT_ID, NOTION_CLIENT_SECRET and NOTION_REDIRECT_URI: all three.");
  }
  if (!URL.canParse(redirectUri)) return giveUp("NOTION_REDIRECT_URI must be an absolute URL.");
  return { clientId, clientSecret, redirectUri };
}

/** @param {string} wanted */
async function listen(wanted) {
  if (!/^\d{1,5}$/.test(wanted) || Number(wanted) > 65_535) return giveUp("PORT must be a number from 0 to 65535.");
  try {
    await once(server.listen(Number(wanted)), "listening");
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === "EADDRINUSE") return giveUp(`Port ${wanted} is taken. Choose another one: PORT=3001 npm start`);
    throw error;
  }
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/**
 * @param {string} reason
 * @returns {never}
 */
function giveUp(reason) {
  console.error(reason);
  process.exit(1);
}
