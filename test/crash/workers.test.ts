import { expect, test } from "vitest";
import { eventually } from "../support/app.js";
import { Client } from "../support/client.js";
import { unrest } from "./support/checks.js";
import { describeOn, servers } from "./support/database.js";
import { common, type Fault, own } from "./support/faults.js";
import { openLab } from "./support/lab.js";
import { SEED, scale } from "./support/random.js";

/** How many calls a worker makes for what it has taken first, at least. */
const CALLS = 6;
/** How many entries a worker takes at once. */
const TAKEN = 8;

describeOn(servers, (vault) => {
  /** Each fault strikes a worker in the middle of its turn. Others end what has expired. */
  async function strikeWorkers(faults: readonly Fault[], first: number, others: number): Promise<void> {
    const lab = await openLab({ vault });
    const web = await lab.start();
    await Promise.all(
      Array.from({ length: (faults.length + 1) * TAKEN }, () => lab.logIn(new Client(web.origin), web)),
    );
    await web.kill();
    await lab.makeDue("held");
    const victims = await Promise.all(
      faults.map((_, index) => lab.start({ worker: true, holdAt: ((first + index) % CALLS) + 1 })),
    );
    await eventually(() => victims.every(({ held }) => held.size > 0), "the calls");
    const struck = faults.map((fault, index) => [fault, victims[index]!] as const);
    const isOfAll = faults.some((fault) => fault.isOfAll);
    const strike = () => Promise.all(struck.map(([fault, victim]) => fault.strike(victim, lab)));
    const heal = async () => {
      await Promise.all(struck.map(([fault, victim]) => fault.relent?.(victim)));
      await Promise.all(struck.map(([fault, victim]) => fault.heal?.(victim, lab)));
    };
    await strike();
    if (isOfAll) await heal();
    const healthy = await Promise.all(Array.from({ length: others }, () => lab.start({ worker: true })));
    expect((await lab.judge()).forgotten).toEqual([]);
    await eventually(async () => {
      // Their leases are over.
      await lab.makeDue("held", "ending");
      return lab.emulator.activeTokens().length === 0;
    }, "the end of all tokens");
    if (!isOfAll) await heal();
    expect(await unrest(lab), `CRASH_SEED=${SEED}`).toEqual([]);
    expect([...victims, ...healthy].map(({ isAlive }) => isAlive)).not.toContain(false);
  }

  const TIME = { timeout: 300_000 * scale };

  test("workers are cut off, or stopped, in the middle of their turns", TIME, async () => {
    const firsts = Array.from({ length: CALLS }, (_, first) => first);
    for (const first of scale > 1 ? firsts : [SEED % CALLS])
      await strikeWorkers(Object.values(own), first, 1 + (first % 2));
  });

  test.each(Object.keys(common))("workers are in the middle of their turns, and %s", TIME, async (name) => {
    // The others are at their calls when one of them learns of it.
    const bystander: Fault = { strike: (victim) => victim.go() };
    const bystanders = Array.from({ length: scale > 1 ? CALLS - 1 : 2 }, () => bystander);
    await strikeWorkers([common[name]!, ...bystanders], scale > 1 ? 0 : SEED % CALLS, 2);
  });
});
