import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesIn, job, openQueue, temporaryDirectory } from "./support/directory.js";
import { compileDirectoryQueue, startFixture } from "./support/process.js";

let build: Awaited<ReturnType<typeof compileDirectoryQueue>>;

beforeAll(async () => {
  build = await compileDirectoryQueue();
});
afterAll(() => build.remove());

describe("directoryQueue: processes that are killed", () => {
  test("at any moment of adds, takes, retries and failures lose no job whose add had resolved", {
    timeout: 60_000,
  }, async () => {
    const path = await temporaryDirectory();
    const promised = new Set<string>();
    const given = new Set<string>();
    const kept = () => [...promised].filter((id) => !given.has(id));
    // At least ten crashes of two processes each, and more on a machine that is too busy to get far.
    for (let round = 0; round < 10 || (kept().length < 60 && round < 60); round += 1) {
      const fixtures = ["a", "b"].map((name) => startFixture("churn", build.module, path, `${round}${name}`));
      await Promise.all(
        fixtures.map(async (fixture) => {
          await fixture.line("ready");
          await sleep(15 + Math.random() * 150);
          fixture.process.kill("SIGKILL");
        }),
      );
      for (const line of (await Promise.all(fixtures.map((fixture) => fixture.ended))).flat()) {
        const [what, id] = line.split(" ") as [string, string];
        expect(what).not.toBe("broken");
        if (what === "added") promised.add(id);
        if (what === "erasing") given.add(id);
      }
    }
    const queue = openQueue(path);
    expect(kept().length).toBeGreaterThanOrEqual(60);
    const listed = [...(await queue.list("waiting", 1e6)), ...(await queue.list("failed", 1e6))].map(({ id }) => id);
    expect(new Set(listed).size).toBe(listed.length);
    expect(kept().filter((id) => !listed.includes(id))).toEqual([]);
    expect(queue.problems).toEqual([]);

    // All of them can be finished, and then nothing is left but what was being written when the process was killed.
    await sleep(350);
    for (const { id } of await queue.list("failed", 1e6)) await queue.cancel(id);
    for (let idle = 0; idle < 3; ) {
      const taken = await queue.take(50, 60_000);
      idle = taken.length === 0 ? idle + 1 : 0;
      await Promise.all(taken.map((leased) => queue.acknowledge(leased.job.id, leased.lease)));
      if (taken.length === 0) await sleep(50);
    }
    const claimed = (await filesIn(path)).filter((file) => !file.endsWith(".tmp"));
    // A process killed in the middle of a retry keeps its job for half a minute.
    expect(claimed.filter((file) => !file.endsWith(".leased"))).toEqual([]);
    expect(claimed.length).toBeLessThan(30);
  });

  test("give up their lease when its time is over, not before, and not because they are dead", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    await queue.add(job("held"));
    const fixture = startFixture("hold", build.module, path, "1500");
    const [, id, before, after] = (await fixture.line("held")).split(" ");
    expect(id).toBe("held");
    fixture.process.kill("SIGKILL");
    await fixture.ended;
    for (;;) {
      const taken = await queue.take(1, 60_000);
      if (taken.length === 0) {
        expect(Date.now()).toBeLessThan(Number(after) + 1500 + 5000);
        await sleep(20);
        continue;
      }
      expect(Date.now()).toBeGreaterThanOrEqual(Number(before) + 1500);
      expect(taken[0]!.job.id).toBe("held");
      break;
    }
  });
});

describe("directoryQueue: processes that share a directory", () => {
  test("drain 500 jobs each, every job once while leases hold, and leave nothing", { timeout: 60_000 }, async () => {
    const path = await temporaryDirectory();
    const fixtures = ["left", "right"].map((name) => startFixture("drain", build.module, path, name, "500"));
    const lines = (await Promise.all(fixtures.map((fixture) => fixture.ended))).map((all) =>
      all.filter((line) => line.startsWith("took ")),
    );
    const taken = lines.flat();
    expect(taken).toHaveLength(1000);
    expect(new Set(taken).size).toBe(1000);
    for (const own of lines) expect(own.length).toBeGreaterThan(0);
    expect(await filesIn(path)).toEqual([]);
  });
});
