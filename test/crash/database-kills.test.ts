import { expect, test } from "vitest";
import { describeOn, servers } from "./support/database.js";
import { common } from "./support/faults.js";
import { openLab } from "./support/lab.js";
import { SEED } from "./support/random.js";
import { placesIn, type Report, runTrials } from "./support/trial.js";

describeOn(servers, (vault) => {
  test("the database is killed at each call of each flow", { timeout: 240_000 }, async () => {
    const places = await placesIn(await openLab({ vault }));
    const report: Report = { broken: [], answers: {} };
    // One after the other: they may share a server.
    for (const [index, fault] of Object.entries(common).entries())
      await runTrials(await openLab({ vault }), fault, places, report, index);
    console.info(places.length, "places", report.answers);
    expect(report.broken, `CRASH_SEED=${SEED}`).toEqual([]);
  });
});
