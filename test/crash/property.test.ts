import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { virtualClock } from "./support/clock.js";
import { serverOf } from "./support/memory-network.js";
import { runHistory } from "./support/model.js";
import { isReplay, SEED, scale } from "./support/random.js";

const seeds = Array.from({ length: isReplay ? 1 : 10 * scale }, (_, index) => SEED + index);

test("whatever happens, no token is orphaned and none is taken", { timeout: 300_000 * scale }, async () => {
  const emulator = createNotionEmulator();
  const notionServer = await serverOf(() => emulator.start());
  onTestFinished(() => emulator.close());
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  onTestFinished(() => void process.off("unhandledRejection", onRejection));
  const clock = virtualClock();
  const total: Record<string, number> = {};
  const broken: string[] = [];
  for (const seed of seeds) {
    const { log, violations, counts } = await runHistory({ seed, clock, emulator, notionServer });
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
    if (violations.length > 0) broken.push(`CRASH_SEED=${seed}: ${violations.join("; ")}\n  ${log.join(", ")}`);
  }
  console.info(`${seeds.length} histories: ${JSON.stringify(total)}`);
  expect(broken).toEqual([]);
  expect(rejections).toEqual([]);
});
