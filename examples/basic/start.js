// @ts-check
// npm start: an emulated Notion, and the app as a process of its own, which may be stopped or killed while Notion goes on. With credentials of the
// real Notion it is the app alone (server.js).
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmulatedNotion } from "./emulated-notion.js";

/** How long nobody serves the app after it has stopped, in ms: long enough to see it in the browser. */
const RESTART_PAUSE = Number(process.env.RESTART_PAUSE ?? 3000);

const { NOTION_CLIENT_ID, NOTION_CLIENT_SECRET, NOTION_REDIRECT_URI } = process.env;
if (NOTION_CLIENT_ID || NOTION_CLIENT_SECRET || NOTION_REDIRECT_URI) await import("./server.js");
else await startBoth();

async function startBoth() {
  const notion = await startEmulatedNotion();
  // The emulated Notion forgets its tokens at the end, and so may this. It outlives the app's process.
  const directory = mkdtempSync(join(tmpdir(), "basic-example-"));
  const env = { ...process.env, ...notion.settings, DATA_DIRECTORY: directory };
  let stopping = false;
  let app = startApp();
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);

  function startApp() {
    const started = fork(fileURLToPath(new URL("server.js", import.meta.url)), { env });
    // Another process is found where the first one was, also with PORT=0.
    started.once("message", (port) => Object.assign(env, { PORT: String(port) }));
    started.once("exit", (code) => {
      // Asked to stop, or killed: it is started again, as systemd or a container platform would do. What fails by itself has said why.
      if (code === 0 || code === null) restart();
      else end(code);
    });
    return started;
  }

  function restart() {
    if (stopping) return void end(0);
    console.log(`The app has stopped. It starts again in ${RESTART_PAUSE / 1000} seconds.`);
    setTimeout(() => {
      if (!stopping) app = startApp();
    }, RESTART_PAUSE);
  }

  function stop() {
    if (stopping) return;
    stopping = true;
    // Notion is there until the app has revoked what it has to.
    if (app.exitCode === null && app.signalCode === null) app.kill("SIGTERM");
    else void end(0);
  }

  /** @param {number} code */
  async function end(code) {
    await notion.close();
    rmSync(directory, { recursive: true, force: true });
    process.exit(code);
  }
}
