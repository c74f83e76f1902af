// @ts-check
// npm run example:saas: an emulated Notion, the web process and the worker. In production systemd, PM2 or your container platform starts
// the two, and starts them again when they end.
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmulatedNotion } from "./emulated-notion.js";
import { onStop } from "./on-stop.js";

/** How long after its end another worker is started, in ms. */
const RESTART_PAUSE = 500;

const emulated = process.env.NOTION_CLIENT_ID ? undefined : await startEmulatedNotion();
const env = {
  SESSION_SECRET: randomBytes(32).toString("base64url"),
  ...process.env,
  DATABASE: join(emulated ? temporaryDirectory() : dataDirectory(), "saas.db"),
  ...(emulated && {
    NOTION_URL: emulated.emulator.url,
    NOTION_CLIENT_ID: emulated.credentials.clientId,
    NOTION_CLIENT_SECRET: emulated.credentials.clientSecret,
  }),
};

let stopping = false;
onStop(stop);

const web = start("web.js");
let worker = startWorker();
web.once("exit", (code) => {
  // Without it there is nothing to look at. It has said why.
  process.exitCode = stopping ? 0 : (code ?? 1);
  void stop();
});
console.log(`The database is ${env.DATABASE}`);
if (emulated) console.log(`Notion is emulated at ${emulated.emulator.url}`);

/** @param {string} file */
function start(file) {
  return fork(fileURLToPath(new URL(file, import.meta.url)), { env });
}

function startWorker() {
  const started = start("worker.js");
  console.log(`The worker is process ${started.pid}`);
  started.once("exit", () => {
    if (stopping) return;
    console.log("The worker has ended. Another one takes over.");
    setTimeout(() => {
      if (!stopping) worker = startWorker();
    }, RESTART_PAUSE);
  });
  return started;
}

async function stop() {
  if (stopping) return;
  stopping = true;
  const running = [web, worker].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of running) child.kill("SIGTERM");
  await Promise.all(running.map((child) => once(child, "exit")));
  await emulated?.emulator.close();
}

/** The emulated Notion forgets its tokens at the end, and so may this. */
function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), "saas-example-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Real tokens outlive these processes: so does the place where they are kept. Only its owner can look into it. */
function dataDirectory() {
  const directory = fileURLToPath(new URL("data", import.meta.url));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}
