// @ts-check
// The process that reads Notion while nobody is there. It shares one file with the web process, and needs no Express. It may be killed at
// any moment: what it was about to do is in the file.
import { setTimeout as sleep } from "node:timers/promises";
import { finishDeletions } from "./account-deletion.js";
import { createAccounts } from "./accounts.js";
import { openDatabase } from "./database.js";
import { openNotion } from "./notion.js";
import { onStop } from "./on-stop.js";
import { readSettings } from "./settings.js";
import { codeOf, forgetGivenUp, syncAll } from "./sync.js";
import { createSynced } from "./synced.js";
import { serveMetrics } from "./telemetry.js";

const PAUSE = Number(process.env.SYNC_PAUSE ?? 3000);

const settings = readSettings();
const database = openDatabase(settings.database);
const accounts = createAccounts(database);
const synced = createSynced(database);
const notion = openNotion({ settings, database, accounts, synced });
const stopMetrics = await serveMetrics("worker", notion);

const stopping = new AbortController();
const { signal: stop } = stopping;
onStop(async () => {
  stopping.abort();
  stopMetrics();
  await Promise.race([work, sleep(5000)]);
  // Finishes a refresh that is under way: its new tokens must not be lost.
  await notion.close();
  database.close();
  process.exit();
});

const work = workOn();

async function workOn() {
  while (!stop.aborted) {
    // The vault is away, say. The next round may find it.
    for (const step of [finishDeletions, syncAll, forgetGivenUp])
      await step({ accounts, notion, synced, stop }).catch((error) => console.error(`Worker: ${codeOf(error)}`));
    await sleep(PAUSE, undefined, { signal: stop }).catch(() => {});
  }
}
