import { describe, expect, test } from "vitest";
import { eventually } from "../support/app.js";
import { describeOnEach } from "./support/places.js";
import { openWorkshop } from "./support/workers.js";

const sorted = (tokens: readonly (string | undefined)[]) => [...tokens].sort();

describeOnEach("four workers that begin at once", (place) => {
  test("share what is due: each token is revoked once, and all of them take part", async () => {
    const { emulator, fill, start, calls, emptied } = await openWorkshop(place());
    // Long enough that none of them is done before the last one begins.
    emulator.fault("revoke", { delay: 50 });
    const waiting = await fill(400);
    const workers = await start(4);
    await emptied();
    expect(emulator.activeTokens()).toEqual([]);
    expect(sorted(calls().map(({ token }) => token))).toEqual(sorted(waiting.flatMap(({ tokens }) => tokens)));
    for (const worker of workers) expect(calls({ worker }).length).toBeGreaterThan(0);
  });
});

const TIMEOUT = 3000;
/** How long a worker may take for an entry, as `src/lifecycle/lifetimes.ts` says. */
const LEASE = TIMEOUT + 8000;
/** How much later than it took an entry a process may call Notion, on a machine that is busy. */
const BUSY = 2000;

// What they wait for is the end of the lease: they do it beside each other.
describe.concurrent("of three workers, two have entries in hand", () => {
  describeOnEach("one is killed and one is stopped", (place) => {
    test("the third one does theirs after the lease, and who wakes up later does no harm", async ({
      onTestFinished,
    }) => {
      const { emulator, vault, fill, start, calls, emptied } = await openWorkshop(place(), {}, onTestFinished);
      const hanging = emulator.fault("revoke", { hang: true });
      const waiting = await fill(16);
      const lost = await start(2, { timeout: TIMEOUT });
      await eventually(() => lost.every((worker) => calls({ worker }).length === 16), "both have all they can take");
      lost[0]?.child.kill("SIGKILL");
      lost[1]?.child.kill("SIGSTOP");
      const taken = Math.min(...calls().map(({ at }) => at));
      hanging.clear();

      const [third] = await start(1, { timeout: TIMEOUT });
      await emptied();
      expect(emulator.activeTokens()).toEqual([]);
      const done = calls({ worker: third! });
      expect(sorted(done.map(({ token }) => token))).toEqual(sorted(waiting.flatMap(({ tokens }) => tokens)));
      expect(Math.min(...done.map(({ at }) => at)) - taken).toBeGreaterThan(LEASE - BUSY);

      third?.child.kill("SIGKILL");
      lost[1]?.child.kill("SIGCONT");
      const [more] = await fill(1);
      await emptied();
      expect(calls({ worker: lost[1]! }).map(({ token }) => token)).toEqual(expect.arrayContaining([...more!.tokens]));
      for (const { id } of waiting)
        expect(await vault.get(id)).toMatchObject({ state: "ended", data: { outcome: "revoked" } });
      expect(calls()).toHaveLength(32 + 32 + 2);
    });
  });
});
