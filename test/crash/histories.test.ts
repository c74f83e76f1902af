import { expect, test } from "vitest";
import { describeOn, servers } from "./support/database.js";
import { runHistory } from "./support/history.js";
import { openLab } from "./support/lab.js";
import { isReplay, SEED, scale } from "./support/random.js";

const seeds = Array.from({ length: isReplay ? 1 : scale }, (_, index) => SEED + index);
const STEPS = scale > 1 ? 120 : 80;

describeOn(servers, (vault) => {
  test.each(seeds)("history %i: whatever happens, no token is orphaned and none is taken", async (seed) => {
    const lab = await openLab({ vault, options: { timeout: 2000 } });
    const { log, broken, counts } = await runHistory(lab, seed, STEPS);
    console.info(seed, counts);
    expect(broken, `CRASH_SEED=${seed}: ${log.join(", ")}`).toEqual([]);
  });
});
