import { describe, expect, test } from "vitest";
import type { EmulatedRequest, NotionEmulator } from "../../src/emulator/index.js";
import { delay } from "../support/app.js";
import { describeOn, type Kind, kinds } from "./support/places.js";
import { openWorkshop } from "./support/workers.js";

/** How long Notion is away, in ms: the pauses have reached their longest then. */
const AWAY = Number(process.env.OUTAGE_SECONDS ?? 14) * 1000;
/** What a long outage leaves behind, and how many of its tokens Notion takes a second. */
const BACKLOG = Number(process.env.OUTAGE_BACKLOG ?? 400);
const LIMIT = 200;

/** A call of a worker may take so long, in ms, and a busy machine adds so much. */
const TIMEOUT = 1000;
const BUSY = 2000;
/** The longest pause between two probes, in ms, and the shortest one with this `minDelay`. */
const LONGEST = 5000;
const options = { timeout: TIMEOUT, retry: { minDelay: LONGEST / 2 } };
const SHORTEST = LONGEST / 2;

/** Ways to be away. Each gives what ends it. */
const ways: Readonly<Record<string, (emulator: NotionEmulator) => () => unknown>> = {
  "resets connections": (emulator) => {
    emulator.down();
    return () => emulator.up();
  },
  "answers 503": (emulator) => {
    emulator.down({ status: 503 });
    return () => emulator.up();
  },
  hangs: (emulator) => emulator.fault("*", { hang: true }).clear,
};

/** The times of a worker's probes: what it calls at once is one of them. */
function probesIn(calls: readonly EmulatedRequest[]): number[] {
  const times = calls.map(({ at }) => at);
  return times.filter((at, index) => index === 0 || at - (times[index - 1] ?? 0) > TIMEOUT / 2);
}

interface Scene {
  readonly kind: Kind;
  readonly way: string;
  readonly count: number;
}
const scenes: readonly Scene[] =
  process.env.WORKERS_FULL === "1"
    ? kinds.flatMap((kind) => Object.keys(ways).flatMap((way) => [2, 4].map((count) => ({ kind, way, count }))))
    : [
        { kind: "sqlite", way: "resets connections", count: 2 },
        { kind: "postgres", way: "hangs", count: 4 },
        { kind: "redis", way: "answers 503", count: 4 },
      ];

// What they wait for is time: they do it beside each other.
describe.concurrent("Notion", () => {
  for (const { kind, way, count } of scenes)
    describeOn(kind, `${way}, and ${count} workers`, (place) => {
      test("ask now and then, and have done 40 entries within 15 s of its return", async ({ onTestFinished }) => {
        const { emulator, fill, start, calls, dead } = await openWorkshop(place(), {}, onTestFinished);
        const comeBack = ways[way]!(emulator);
        const waiting = await fill(40);
        const workers = await start(count, options);
        await delay(AWAY);
        const during = workers.map((worker) => calls({ worker }));
        const until = Date.now();
        comeBack();
        await dead(waiting);
        expect(Date.now() - until).toBeLessThan(15_000);

        // A reset is tried once more.
        const twice = way === "resets connections" ? 2 : 1;
        for (const made of during) {
          const [begin, ...probes] = probesIn(made);
          // Eight entries, and four more before five of them have failed; then one at a time.
          expect(made.length).toBeLessThanOrEqual((24 + 2 * probes.length) * twice);
          expect(probes.length).toBeGreaterThan(0);
          expect(probes.length).toBeLessThanOrEqual((until - begin!) / SHORTEST + 1);
          for (const [index, at] of [...probes, until].entries())
            expect(at - (probes[index - 1] ?? begin!)).toBeLessThan(LONGEST + TIMEOUT + BUSY);
        }
      });
    });

  describeOn(
    "postgres",
    `is back after ${BACKLOG} entries have come together, and takes ${LIMIT} calls a second`,
    (place) => {
      test("four workers have them done at its pace", async ({ onTestFinished }) => {
        const behaviour = { revokeRateLimit: LIMIT };
        const { emulator, fill, start, calls, dead } = await openWorkshop(place(), { behaviour }, onTestFinished);
        emulator.down({ status: 503 });
        const waiting = await fill(BACKLOG);
        await start(4, options);
        await delay(AWAY / 2);
        emulator.up();
        const since = Date.now();
        await dead(waiting);
        const seconds = (Date.now() - since) / 1000;
        if (process.env.OUTAGE_BACKLOG !== undefined) console.log(`${BACKLOG} entries: ${seconds} s`);
        expect(seconds).toBeLessThan(10 + (1.5 * 2 * BACKLOG) / LIMIT);
        const refused = calls().filter(({ status }) => status === 429).length;
        expect(refused).toBeLessThan(0.25 * calls().length);
      });
    },
  );
});
