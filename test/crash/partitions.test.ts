import { expect, test } from "vitest";
import { unrest } from "./support/checks.js";
import { describeOn, servers } from "./support/database.js";
import { own } from "./support/faults.js";
import { openLab } from "./support/lab.js";
import { SEED } from "./support/random.js";
import { placesIn, type Report, runTrials } from "./support/trial.js";

describeOn(servers, (vault) => {
  test("one process is cut off, or stopped, at each call of each flow", { timeout: 240_000 }, async () => {
    const lab = await openLab({ vault });
    const others = [await lab.start(), await lab.start()];
    const places = await placesIn(lab, others[0]!);
    const report: Report = { broken: [], answers: {} };
    await Promise.all(
      Object.entries(own).map(async (fault, index) =>
        runTrials(lab, [await lab.start(), ...others], fault, places, report, index * 5),
      ),
    );
    report.broken.push(...(await unrest(lab)));
    console.info(places.length, "places", report.answers);
    expect(report.broken, `CRASH_SEED=${SEED}`).toEqual([]);
  });
});
