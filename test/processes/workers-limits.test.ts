import { describe, expect, test } from "vitest";
import type { EmulatedRequest } from "../../src/emulator/index.js";
import type { NewEntry } from "../../src/index.js";
import { eventually } from "../support/app.js";
import { describeOn, describeOnEach, kinds } from "./support/places.js";
import { openWorkshop, type Waiting, type WorkerProcess } from "./support/workers.js";

/** `WORKERS_FULL=1` tests each number of workers on each vault. */
const isFull = process.env.WORKERS_FULL === "1";

/** A worker's calls that are refused before it pauses: for the eight entries on their way, and four begun before the fifth one is refused. */
const AT_FIRST = 24;

const isRefused = ({ status }: EmulatedRequest) => status === 429 || status === 529;
const times = (calls: readonly EmulatedRequest[]) => calls.map(({ at }) => at);

// What they wait for is mostly time: they do it beside each other.
describe.concurrent("Notion limits", () => {
  describeOnEach("some connections, and two workers", (place) => {
    test("obey it for these, and the others wait for nothing", async ({ onTestFinished }) => {
      const { emulator, fill, start, calls, dead, emptied } = await openWorkshop(place(), {}, onTestFinished);
      const first = (entry: NewEntry): NewEntry => ({ ...entry, dueIn: -1000 });
      const [briefly, long] = await fill(2, first);
      const others = await fill(100);
      const isOf = (one: Waiting | undefined, { token = "" }: EmulatedRequest) => one!.tokens.includes(token);
      emulator.fault("revoke", { status: 429, retryAfter: 2, times: 2, when: (call) => isOf(briefly, call) });
      emulator.fault("revoke", { status: 429, retryAfter: 300, when: (call) => isOf(long, call) });
      await start(2);
      await dead([briefly!, ...others]);
      await emptied(1);
      const [, refused = 0, ...later] = times(calls().filter((call) => isOf(briefly, call)));
      expect(later).toHaveLength(2);
      expect(Math.min(...later)).toBeGreaterThanOrEqual(refused + 2000);
      expect(calls().filter((call) => isOf(long, call))).toHaveLength(2);
    });
  });

  for (const [status, kind] of [
    [429, "sqlite"],
    [529, "postgres"],
  ] as const)
    describeOn(kind, `all that the client does, by ${status}, and two workers`, (place) => {
      test("ask nothing more before it is over, and everything dies then", async ({ onTestFinished }) => {
        const wait = 4000;
        const { emulator, fill, start, calls, dead } = await openWorkshop(place(), {}, onTestFinished);
        const overload = emulator.fault("revoke", { status, retryAfter: wait / 1000 });
        const waiting = await fill(100);
        // Short, so that one who goes by it alone asks again many times.
        const workers = await start(2, { retry: { minDelay: 20, maxDelay: 60_000 } });
        const first = (worker: WorkerProcess) => calls({ worker })[0]?.at ?? Number.POSITIVE_INFINITY;
        await eventually(() => workers.every((worker) => Date.now() >= first(worker) + wait), "it is over");
        for (const worker of workers)
          expect(calls({ worker }).filter(({ at }) => at < first(worker) + wait).length).toBeLessThanOrEqual(AT_FIRST);
        overload.clear();
        await dead(waiting);
      });
    });
});

describe.concurrent("Notion takes so many revocations a second:", () => {
  const limit = 100;
  const waits = 250;
  const combinations = isFull
    ? kinds.flatMap((kind) => [1, 2, 4].map((count) => [kind, count] as const))
    : ([
        ["sqlite", 4],
        ["postgres", 1],
        ["redis", 2],
      ] as const);

  for (const [kind, count] of combinations)
    describeOn(kind, `${count} of us`, (place) => {
      test("keep to it, and everything dies at that pace", async ({ onTestFinished }) => {
        const behaviour = { revokeRateLimit: limit };
        const { fill, start, calls, dead } = await openWorkshop(place(), { behaviour }, onTestFinished);
        const waiting = await fill(waits);
        const workers = await start(count);
        await dead(waiting);
        // By them, each of the workers learns of the limit. What comes after that is what it costs to keep to it.
        const later = workers.flatMap((worker) => calls({ worker }).filter(isRefused).slice(AT_FIRST)).length;
        const seconds = (Math.max(...times(calls())) - Math.min(...times(calls()))) / 1000;
        if (isFull) console.log(`${count} on ${kind}: ${seconds} s, ${later} of ${calls().length} refused later`);
        expect(later).toBeLessThan(0.1 * calls().length);
        // A busy machine is slower than Notion.
        expect(seconds).toBeLessThan(((2 * waits) / limit) * 3 + 6);
      });
    });
});
