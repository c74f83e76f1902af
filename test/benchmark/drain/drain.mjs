// How many revocations workers drain per second: node test/benchmark/drain/drain.mjs [directory] [redis] [postgres]
// Every job holds an access and a refresh token: two calls to the emulated Notion, side by side. `npm run build` first.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bullmqQueue } from "../../../dist/bullmq/index.js";
import { createSealer } from "../../../dist/connections/sealing.js";
import { tokenHash } from "../../../dist/connections/token-pair.js";
import { createNotionEmulator, defaultClient } from "../../../dist/emulator/index.js";
import { directoryQueue } from "../../../dist/index.js";
import { startPostgres, startRedis } from "./servers.mjs";

/** The best of so many counts: what disturbs only ever makes it slower. */
const ROUNDS = 3;

const { clientId, clientSecret } = defaultClient;
const sealer = createSealer([clientSecret], clientId);
const emulator = createNotionEmulator();
await emulator.start();

const starts = {
  directory: async () => {
    const at = mkdtempSync(join(tmpdir(), "drain-directory-"));
    return { at, end: async () => rmSync(at, { recursive: true, force: true }) };
  },
  redis: startRedis,
  postgres: startPostgres,
};
const kinds = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(starts);

console.log("| queue | Notion's latency | workers | adds/s | drained/s |\n| --- | --- | --- | --- | --- |");
for (const kind of kinds) {
  const server = await starts[kind]();
  for (const latency of [0, 50]) {
    for (const workers of [1, 2]) {
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measure(kind, server.at, latency, workers));
      const [added, drained] = ["added", "drained"].map((what) => Math.max(...rounds.map((round) => round[what])));
      console.log(`| ${kind} | ${latency} ms | ${workers} | ${added} | ${drained} |`);
    }
  }
  await server.end();
}
await emulator.close();

async function measure(kind, at, latency, workers) {
  emulator.reset();
  if (latency > 0) emulator.fault("revoke", { delay: latency });
  const jobs = latency > 0 ? 400 * workers : 1000;
  const added = await fill(kind, at, jobs);

  const children = await Promise.all(
    Array.from({ length: workers }, async () => {
      const child = fork(fileURLToPath(new URL("worker.mjs", import.meta.url)));
      child.send({ kind, at, notionUrl: emulator.url, clientId, clientSecret });
      await once(child, "message");
      return child;
    }),
  );
  // A queue connects when it is created: that is no part of the drain.
  await pause(1500);
  const start = performance.now();
  for (const child of children) child.send("work");
  // A call is counted when it begins, and its token is dead when it ends.
  while (emulator.count("revoke") < 2 * jobs || emulator.activeTokens().length > 0) await pause(5);
  const drained = Math.round(jobs / ((performance.now() - start) / 1000));
  // The last jobs are acknowledged after their calls.
  await pause(500);
  for (const child of children) child.disconnect();
  await Promise.all(children.map((child) => once(child, "exit")));
  return { added, drained };
}

/** @returns how many were added per second, 16 at a time */
async function fill(kind, at, count) {
  const queue =
    kind === "directory"
      ? directoryQueue(at)
      : bullmqQueue({ connection: at, ...(kind === "postgres" && { migrate: true }) });
  await queue.nextDueAt();
  const jobs = Array.from({ length: count }, makeJob);
  const start = performance.now();
  while (jobs.length > 0) await Promise.all(jobs.splice(0, 16).map((job) => queue.add(job)));
  const rate = Math.round(count / ((performance.now() - start) / 1000));
  await queue.close();
  return rate;
}

function makeJob() {
  const { access_token, refresh_token } = emulator.issue();
  const id = `r-${tokenHash(access_token)}`;
  const sealed = sealer.seal("job", id, JSON.stringify([access_token, refresh_token]));
  const now = Date.now();
  return { v: 1, id, kind: "revoke", sealed, connection: "bench", createdAt: now, dueAt: now, attempts: 0 };
}
