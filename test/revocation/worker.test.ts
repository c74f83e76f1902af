import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryQueue } from "../../src/revocation/memory-queue.js";
import { createOutage } from "../../src/revocation/outage.js";
import { createWorker } from "../../src/revocation/worker.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("while the queue's backend fails it is asked less and less often, and at the old pace once it works", async () => {
  const begun = Date.now();
  const asked: number[] = [];
  let broken = true;
  const worker = createWorker({
    queue: {
      ...memoryQueue(),
      pollInterval: 100_000,
      async take() {
        asked.push(Date.now() - begun);
        if (broken) throw new Error("down");
        return [];
      },
    },
    process: async () => {},
    outage: createOutage(Date.now, () => 0, 1000),
    now: Date.now,
    concurrency: 8,
    lease: 1000,
    onBackendError: () => {},
  });
  worker.start();
  await vi.advanceTimersByTimeAsync(45_500);
  expect(asked).toEqual([0, 500, 1500, 3500, 7500, 15_500, 30_500, 45_500]);

  broken = false;
  await vi.advanceTimersByTimeAsync(15_000);
  broken = true;
  asked.length = 0;
  worker.wake();
  await vi.advanceTimersByTimeAsync(1500);
  expect(asked.map((at) => at - (asked[0] ?? 0))).toEqual([0, 500, 1500]);
  await worker.stop();
});
