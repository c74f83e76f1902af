import { expect, test } from "vitest";
import { unrest } from "./support/checks.js";
import { describeOn, servers } from "./support/database.js";
import { common } from "./support/faults.js";
import { openLab } from "./support/lab.js";
import { SEED } from "./support/random.js";
import { placesIn, type Report, runTrials } from "./support/trial.js";

describeOn(servers, (vault) => {
  test("the database is killed at each call of each flow", { timeout: 240_000 }, async () => {
    const lab = await openLab({ vault });
    const apps = [await lab.start(), await lab.start(), await lab.start()];
    const places = await placesIn(lab, apps[0]!);
    const report: Report = { broken: [], answers: {} };
    for (const [index, fault] of Object.entries(common).entries()) {
      await runTrials(lab, apps, fault, places, report, index);
      report.broken.push(...(await unrest(lab)).map((what) => `${fault[0]}: ${what}`));
    }
    console.info(places.length, "places", report.answers);
    expect(report.broken, `CRASH_SEED=${SEED}`).toEqual([]);
  });
});
