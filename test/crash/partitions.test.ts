import { expect, test } from "vitest";
import { describeOn, servers } from "./support/database.js";
import { own } from "./support/faults.js";
import { openLab } from "./support/lab.js";
import { SEED } from "./support/random.js";
import { placesIn, type Report, runTrials } from "./support/trial.js";

describeOn(servers, (vault) => {
  test("one process is cut off, or stopped, at each call of each flow", { timeout: 240_000 }, async () => {
    const places = await placesIn(await openLab({ vault }));
    const report: Report = { broken: [], answers: {} };
    await Promise.all(
      Object.entries(own).map(async (fault, index) => {
        const lab = await openLab({ vault });
        await runTrials(lab, fault, places, report, index * 5);
      }),
    );
    console.info(places.length, "places", report.answers);
    expect(report.broken, `CRASH_SEED=${SEED}`).toEqual([]);
  });
});
