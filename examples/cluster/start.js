// @ts-check
// npm run example:cluster: a database, an emulated Notion, the app in several processes, and one address in front of them.
// The database is a file of SQLite; with `-- --postgres` or `-- --redis` it is a server, which this starts if no address is given.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createNotionEmulator, defaultClient } from "express-notion-oauth/emulator";
import { kinds, loadDatabase } from "./databases/index.js";
import { createFront } from "./front.js";

const { kind, address } = chosenDatabase();
const port = wholeNumber("PORT", 3000, 0, 65_535);
const processes = wholeNumber("PROCESSES", 4, 1, 64);

// A refresh token that is used twice ends the whole connection: whatever goes wrong here is seen at once.
const emulator = createNotionEmulator({ behaviour: { refreshReplay: "kill_family" } });
await emulator.start();
// Long enough for all processes to notice that the access token has expired.
emulator.fault("token", { delay: 150 });

const front = createFront();
front.server.listen(port, "localhost");
await once(front.server, "listening").catch((error) => giveUp(`Port ${port} cannot be used: ${error.code}.`));
const { port: listening } = /** @type {import("node:net").AddressInfo} */ (front.server.address());
const origin = `http://localhost:${listening}`;

// The emulated Notion forgets its tokens at the end, and so may this. In production it stays.
const directory = mkdtempSync(join(tmpdir(), "cluster-example-"));
// PostgreSQL runs as another user, who has to reach its own directory in here.
chmodSync(directory, 0o711);
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
const database = address ? { at: address, stop: async () => {} } : await startDatabase();

const settings = {
  ORIGIN: origin,
  DATABASE_KIND: kind,
  DATABASE: database.at,
  NOTION_URL: emulator.url,
  NOTION_CLIENT_ID: defaultClient.clientId,
  NOTION_CLIENT_SECRET: defaultClient.clientSecret,
  SESSION_SECRET: randomBytes(32).toString("base64url"),
  PROCESSES: String(processes),
};

let stopping = false;
const children = await Promise.all(Array.from({ length: processes }, (_, index) => startProcess(index + 1)));

// Before anybody is told that it runs: a signal from then on is an orderly end.
process.once("SIGINT", stop);
process.once("SIGTERM", stop);

console.log(`Open ${origin}`);
console.log(`${processes} processes of the app: ${children.map(({ pid }) => pid).join(", ")}`);
console.log(`Their database: ${database.at}`);
console.log(`Or, in another terminal: node examples/cluster/fire.js ${origin}`);

/** @param {number} number */
async function startProcess(number) {
  const child = fork(fileURLToPath(new URL("app-process.js", import.meta.url)), {
    env: { ...process.env, ...settings, PROCESS: String(number) },
  });
  const failed = () => giveUp(`Process ${number} of the app did not start.`);
  child.once("exit", failed);
  const [message] = await once(child, "message");
  child.off("exit", failed);
  const target = Number(message.port);
  front.add(target);
  child.once("exit", () => {
    front.remove(target);
    if (!stopping) console.log(`Process ${number} has ended. The others go on.`);
  });
  return child;
}

async function stop() {
  stopping = true;
  front.server.close();
  front.server.closeAllConnections();
  const ended = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of ended) if (child.connected) child.send("stop");
  await Promise.all(ended.map((child) => once(child, "exit")));
  await database.stop();
  await emulator.close();
}

/** `--postgres`, `--redis` or neither; `--postgres=<url>` for a server that runs already. */
function chosenDatabase() {
  const [given = "--sqlite", ...others] = process.argv.slice(2);
  const [, name = "", url = ""] = /^--(\w+)(?:=(.+))?$/.exec(given) ?? [];
  if (others.length > 0 || !kinds.includes(name)) return giveUp("Usage: start.js [--postgres[=URL] | --redis[=URL]]");
  return { kind: name, address: url };
}

async function startDatabase() {
  const { startDatabase: start } = await loadDatabase(kind);
  return start(directory).catch((error) => giveUp(error.message));
}

/**
 * @param {string} name
 * @param {number} preset
 * @param {number} least
 * @param {number} most
 */
function wholeNumber(name, preset, least, most) {
  const value = Number(process.env[name] || preset);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  return giveUp(`${name} must be a number from ${least} to ${most}.`);
}

/**
 * @param {string} reason
 * @returns {never}
 */
function giveUp(reason) {
  console.error(reason);
  process.exit(1);
}
