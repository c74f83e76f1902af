import { expect, test } from "vitest";
import { describeOn, servers } from "./support/database.js";
import { runHistory } from "./support/history.js";
import { openLab } from "./support/lab.js";
import { scale } from "./support/random.js";

/** Replay one with CRASH_SEED=<seed>. */
const seeds =
  process.env.CRASH_SEED === undefined
    ? Array.from({ length: scale }, (_, index) => index + 1)
    : [Number(process.env.CRASH_SEED)];
const STEPS = scale > 1 ? 120 : 80;

describeOn(servers, (vault) => {
  test.each(seeds)("history %i: whatever happens, no token is orphaned and none is taken", async (seed) => {
    const lab = await openLab({ vault, options: { timeout: 2000 } });
    const { log, broken, counts } = await runHistory(lab, seed, STEPS);
    console.info(seed, counts);
    expect(broken, `CRASH_SEED=${seed}: ${log.join(", ")}`).toEqual([]);
  });
});
