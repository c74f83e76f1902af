import { mkdtempSync } from "node:fs";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSealer } from "../../src/connections/sealing.js";
import { tokenHash } from "../../src/connections/token-pair.js";
import { createNotionEmulator, type NotionEmulator } from "../../src/emulator/index.js";
import { directoryQueue, memoryQueue, type RevocationQueue } from "../../src/index.js";
import { credentials, delay, eventually, startApp, type TestAppOptions } from "../support/app.js";
import { temporary } from "../support/server-process.js";
import { scale } from "./support/lab.js";

/** What one worker runs at once, times the two tokens of a job. */
const CALLS_AT_ONCE = 8 * 2;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const heapUsed = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

const queues: Readonly<Record<string, { readonly jobs: number; open(): RevocationQueue }>> = {
  memory: {
    jobs: Math.min(10_000, 1500 * scale),
    // Filled behind the worker's back here, so that it has to look.
    open: () => ({ ...memoryQueue(), pollInterval: 100 }),
  },
  directory: {
    jobs: Math.min(10_000, 500 * scale),
    open() {
      const directory = mkdtempSync(join(tmpdir(), "drain-"));
      const files = temporary(directory);
      onTestFinished(() => files.remove());
      return directoryQueue(directory);
    },
  },
};

/** Counts the calls to Notion that are open at the same time. */
class CountingAgent extends http.Agent {
  #open = 0;
  most = 0;

  addRequest(request: http.ClientRequest, ...rest: unknown[]): void {
    this.#open += 1;
    this.most = Math.max(this.most, this.#open);
    request.once("close", () => {
      this.#open -= 1;
    });
    // @ts-expect-error: Node does not document it, and every agent has it.
    super.addRequest(request, ...rest);
  }
}

async function fill(queue: RevocationQueue, emulator: NotionEmulator, jobs: number): Promise<number> {
  const sealer = createSealer([credentials.clientSecret], credentials.clientId);
  const begun = performance.now();
  const add = async () => {
    const { access_token, refresh_token } = emulator.issue();
    const id = `r-${tokenHash(access_token)}`;
    const now = Date.now();
    const sealed = sealer.seal("job", id, JSON.stringify([access_token, refresh_token]));
    await queue.add({ v: 1, id, kind: "revoke", sealed, createdAt: now, dueAt: now, attempts: 0 });
  };
  for (let left = jobs; left > 0; left -= 50) await Promise.all(Array.from({ length: Math.min(50, left) }, add));
  return (jobs / (performance.now() - begun)) * 1000;
}

async function openApp(emulator: NotionEmulator, queue: RevocationQueue, options: TestAppOptions["notion"] = {}) {
  const agent = new CountingAgent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const app = await startApp({
    emulator,
    notion: { revocations: queue, agent, retry: { minDelay: 200, maxDelay: 5000 }, ...options },
  });
  return { ...app, agent };
}

async function startEmulator(journalLimit: number): Promise<NotionEmulator> {
  // Small, so that what grows is not the emulator.
  const emulator = createNotionEmulator({ journalLimit });
  await emulator.start();
  onTestFinished(() => emulator.close());
  return emulator;
}

describe.each(Object.entries(queues))("an outage with a queue in %s", (name, { jobs, open }) => {
  test(
    `${jobs} jobs that waited drain at a bounded pace, and a logout in the middle goes first`,
    async () => {
      const queue = open();
      const emulator = await startEmulator(500);
      const { agent, loggedIn, client } = await openApp(emulator, queue, { logoutMode: "background" });
      const browsers = await Promise.all(Array.from({ length: 5 }, () => loggedIn()));
      const inSessions = new Set(emulator.activeTokens().map(({ value }) => value));
      emulator.down();
      const adds = await fill(queue, emulator, jobs);
      await client().get("/state");
      await delay(1500);
      // The worker has noticed the outage: a probe now and then instead of a storm.
      const asked = emulator.count("revoke");
      expect(asked).toBeLessThan(60);
      expect(emulator.activeTokens()).toHaveLength(2 * jobs + inSessions.size);

      const before = heapUsed();
      let most = before;
      agent.most = 0;
      emulator.up();
      const begun = performance.now();
      const alive = () => emulator.activeTokens().length;
      await eventually(() => alive() < 2 * jobs * 0.8, "the drain has begun", 60_000);
      const draining = performance.now();
      const left = alive();
      const waits: number[] = [];
      for (const browser of browsers) {
        most = Math.max(most, heapUsed());
        const from = performance.now();
        expect((await browser.post("/logout", { accept: "application/json" })).status).toBe(200);
        expect(performance.now() - from).toBeLessThan(4000);
        const mine = inSessions.size;
        await eventually(
          () => {
            for (const token of inSessions) if (!emulator.isActive(token)) inSessions.delete(token);
            return inSessions.size <= mine - 2;
          },
          "the logout of this moment is done",
          5000,
        );
        waits.push(performance.now() - from);
      }
      // Done while the others still wait.
      expect(alive()).toBeGreaterThan(0);
      await eventually(() => alive() === 0, "all are dead", 120_000);
      const rate = (left / 2 / (performance.now() - draining)) * 1000;
      most = Math.max(most, heapUsed());
      console.info(
        `${name}: ${jobs} jobs, ${adds.toFixed(0)} adds/s; ${asked} calls in 1.5 s of outage; drained at ${rate.toFixed(0)} jobs/s ` +
          `(${((performance.now() - begun) / 1000).toFixed(1)} s), at most ${agent.most} calls at once; ` +
          `logouts meanwhile dead after ${waits.map((wait) => wait.toFixed(0)).join(", ")} ms; ` +
          `heap ${before.toFixed(1)} MB, at most ${most.toFixed(1)} MB`,
      );
      expect(agent.most).toBeLessThanOrEqual(CALLS_AT_ONCE + 4);
      expect(most - before).toBeLessThan(20);
      await eventually(
        async () => (await queue.list("waiting")).every(({ kind }) => kind === "expiry"),
        "none is left",
      );
      expect(await queue.list("failed")).toEqual([]);
    },
    120_000 + 30_000 * scale,
  );

  test("Notion's rate limit is kept to: nobody comes back before Retry-After", async () => {
    const queue = open();
    const emulator = await startEmulator(100_000);
    emulator.configure({ revokeRateLimit: 40 });
    const count = 60;
    await fill(queue, emulator, count);
    const { client } = await openApp(emulator, queue);
    await client().get("/state");
    await eventually(() => emulator.activeTokens().length === 0, "all are dead", 30_000);
    const calls = emulator.requests.filter(({ endpoint }) => endpoint === "revoke");
    const refused = calls.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { token, at, sequence } of refused) {
      const next = calls.find((call) => call.token === token && call.sequence > sequence);
      // The emulator answers "1".
      expect((next?.at ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(990);
    }
    console.info(`${name}: ${2 * count} tokens at 40/s: ${calls.length} calls, ${refused.length} of them refused`);
    expect(await queue.list("failed")).toEqual([]);
  }, 40_000);
});
