// @ts-check
// Reads the environment, starts the app, and ends it in good order.
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createNotionOAuth, memoryVault } from "express-notion-oauth";
import { sqliteVault } from "express-notion-oauth/sqlite";
import { createApp } from "./app.js";
import { startEmulatedNotion } from "./emulated-notion.js";

const { PORT, NOTION_CLIENT_ID, NOTION_CLIENT_SECRET = "", NOTION_REDIRECT_URI } = process.env;

// Listening comes before the rest: on a free port the redirect URI is known only then.
const server = createServer();
await once(server.listen(Number(PORT ?? 0)), "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const redirectUri = NOTION_REDIRECT_URI ?? `http://localhost:${port}/auth/notion/callback`;

const emulated = NOTION_CLIENT_ID ? undefined : await startEmulatedNotion();
const notion = createNotionOAuth({
  ...(emulated?.options ?? { clientId: NOTION_CLIENT_ID ?? "", clientSecret: NOTION_CLIENT_SECRET }),
  // Real tokens outlive this process, whatever ends it: so does the place where they are kept until they are dead. The emulated
  // Notion forgets its own.
  vault: emulated ? memoryVault() : sqliteVault(dataFile("notion.db")),
  redirectUri,
});

/** @type {Set<string>} */
const workspaces = new Set();
notion.on("connection.created", ({ workspaceId }) => void workspaces.add(workspaceId));

const { origin } = new URL(redirectUri);
server.on("request", createApp({ notion, origin, notionUrl: emulated?.emulator.url }));

// Before anybody is told that it runs: a signal from then on is an orderly end.
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

console.log(`Open ${origin}`);
console.log(emulated ? `Notion is emulated at ${emulated.emulator.url}` : "Notion is the real one.");

async function stop() {
  const closed = once(server, "close");
  server.close();
  setTimeout(() => server.closeAllConnections(), 3000).unref();
  await closed;
  // The sessions are in memory and end with this process: their tokens have to die with it, or nobody could revoke them.
  for (const workspaceId of workspaces) await notion.revokeAll({ workspaceId });
  await notion.close();
  await emulated?.emulator.close();
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
