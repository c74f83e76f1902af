import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { LeasedJob } from "../../src/revocation/job.js";
import { describeBackends } from "./support/backends.js";
import { job } from "./support/jobs.js";

describeBackends("bullmqQueue", (backend) => {
  test("hands out what was added, once, and erases it when it is done", async () => {
    const queue = backend.open("simple");
    const added = job("one", { connection: "c1" });
    await queue.add(added);
    await queue.add({ ...added, sealed: "other" });

    const [leased, ...others] = await queue.take(5, 10_000);
    expect(leased?.job).toEqual(added);
    expect(others).toEqual([]);
    expect(await queue.take(5, 10_000)).toEqual([]);
    expect(await queue.list("waiting")).toEqual([added]);

    await queue.acknowledge("one", leased?.lease);
    expect(await queue.get("one")).toBeUndefined();
    expect(await queue.list("waiting")).toEqual([]);
  });

  test("accepts ids that BullMQ refuses or uses for itself", async () => {
    const queue = backend.open("ids");
    const ids = ["7", "wait", "meta", "events", "0", "id", "-1"];
    for (const id of ids) await queue.add(job(id));
    const leased = await queue.take(20, 10_000);
    expect(leased.map((one) => one.job.id).sort()).toEqual([...ids].sort());
    for (const one of leased) await queue.acknowledge(one.job.id, one.lease);
    expect(await queue.list("waiting")).toEqual([]);
  });

  test("hands a job out again twenty times in a row when its leases end", async () => {
    const queue = backend.open("stalled");
    await queue.add(job("poison"));
    for (let round = 0; round < 20; round += 1) {
      const [leased] = await queue.take(1, 10);
      expect(leased?.job.id, `round ${round}`).toBe("poison");
      await sleep(15);
    }
    const [leased] = await queue.take(1, 10_000);
    await queue.acknowledge("poison", leased?.lease);
    expect(await queue.get("poison")).toBeUndefined();
    expect(await queue.list("failed")).toEqual([]);
  });

  test("gives every lease the length it was asked for", async () => {
    const queue = backend.open("lengths");
    await queue.add(job("long"));
    const [long] = await queue.take(1, 10_000);
    await queue.add(job("short"));
    const [short] = await queue.take(1, 30);
    expect([long?.job.id, short?.job.id]).toEqual(["long", "short"]);
    await sleep(50);
    expect((await queue.take(5, 10_000)).map((one) => one.job.id)).toEqual(["short"]);
  });

  test("an ended lease settles nothing", async () => {
    const queue = backend.open("ended");
    await queue.add(job("a"));
    const [first] = await queue.take(1, 20);
    await sleep(40);
    await queue.acknowledge("a", first?.lease);
    await queue.fail(job("a", { attempts: 9 }), first?.lease);
    await queue.reschedule(job("a", { attempts: 9 }), first?.lease);
    expect((await queue.get("a"))?.attempts).toBe(0);
    const [second] = await queue.take(1, 10_000);
    await queue.acknowledge("a", first?.lease);
    expect(await queue.get("a")).toBeDefined();
    await queue.acknowledge("a", second?.lease);
    expect(await queue.get("a")).toBeUndefined();
  });

  test("without a lease nothing happens to a job that somebody holds", async () => {
    const queue = backend.open("held");
    const added = job("a");
    await queue.add(added);
    const [leased] = await queue.take(1, 10_000);
    await queue.acknowledge("a");
    await queue.reschedule(job("a", { attempts: 3 }));
    await queue.fail(job("a", { attempts: 3 }));
    expect(await queue.cancel("a")).toBe(false);
    await queue.add(job("a", { sealed: "other" }));
    expect(await queue.get("a")).toEqual(added);
    await queue.acknowledge("a", leased?.lease);
    expect(await queue.cancel("a")).toBe(false);
  });

  test("puts a job back with new fields, not before it is due", async () => {
    const queue = backend.open("later");
    await queue.add(job("a"));
    const [leased] = await queue.take(1, 10_000);
    const again = job("a", { attempts: 1, cause: "notion_timeout", sealed: "new", dueAt: Date.now() + 700 });
    await queue.reschedule(again, leased?.lease);
    expect(await queue.take(1, 10_000)).toEqual([]);
    expect(await queue.nextDueAt?.()).toBe(again.dueAt);
    await sleep(again.dueAt - Date.now() + 5);
    expect((await queue.take(1, 10_000)).map((one) => one.job)).toEqual([again]);
  });

  test("an id that is gone stays gone", async () => {
    const queue = backend.open("gone");
    await queue.reschedule(job("a"));
    await queue.fail(job("a"));
    await queue.acknowledge("a");
    await queue.add(job("b"));
    const [leased] = await queue.take(1, 10_000);
    await queue.acknowledge("b", leased?.lease);
    await queue.reschedule(job("b"), leased?.lease);
    await queue.fail(job("b"), leased?.lease);
    expect(await queue.list("waiting")).toEqual([]);
    expect(await queue.list("failed")).toEqual([]);
  });

  test("changes jobs that nobody holds, in whatever state they are", async () => {
    const queue = backend.open("free");
    await queue.add(job("waiting"));
    await queue.add(job("delayed", { dueAt: Date.now() + 60_000 }));
    await queue.add(job("retried", { attempts: 2 }));
    const later = Date.now() + 90_000;
    for (const id of ["waiting", "delayed", "retried"]) {
      await queue.reschedule(job(id, { dueAt: later, attempts: 4 }));
    }
    expect(await queue.take(5, 10_000)).toEqual([]);
    expect((await queue.list("waiting")).map(({ attempts, dueAt }) => [attempts, dueAt])).toEqual([
      [4, later],
      [4, later],
      [4, later],
    ]);
    for (const id of ["waiting", "delayed", "retried"]) await queue.fail(job(id, { cause: "gave_up", failedAt: 1 }));
    expect((await queue.list("failed")).map((one) => one.id).sort()).toEqual(["delayed", "retried", "waiting"]);
    expect(await queue.list("waiting")).toEqual([]);
    await queue.reschedule(job("waiting"));
    expect((await queue.take(5, 10_000)).map((one) => one.job.id)).toEqual(["waiting"]);
  });

  test("fails one job among many without touching the others", async () => {
    const queue = backend.open("pick");
    for (let i = 0; i < 10; i += 1) await queue.add(job(`j${i}`));
    await queue.fail(job("j7", { failedAt: 1 }));
    expect((await queue.list("failed")).map((one) => one.id)).toEqual(["j7"]);
    expect(await queue.list("waiting")).toHaveLength(9);
    expect(await queue.take(20, 10_000)).toHaveLength(9);
  });

  test("a failed job stays until it is added again, which replaces it", async () => {
    const queue = backend.open("failed");
    await queue.add(job("a"));
    const [leased] = await queue.take(1, 10_000);
    const failed = job("a", { attempts: 30, cause: "invalid_client", failedAt: Date.now() });
    await queue.fail(failed, leased?.lease);
    expect(await queue.list("failed")).toEqual([failed]);
    expect(await queue.take(1, 10_000)).toEqual([]);

    const again = job("a", { sealed: "fresh" });
    await queue.add(again);
    expect(await queue.list("failed")).toEqual([]);
    expect((await queue.take(1, 10_000)).map((one) => one.job)).toEqual([again]);
  });

  test("a failed job that is added again for later is not handed out before", async () => {
    const queue = backend.open("failed-later");
    await queue.add(job("a"));
    await queue.fail(job("a", { failedAt: 1 }));
    await queue.add(job("a", { dueAt: Date.now() + 60_000 }));
    expect(await queue.take(1, 10_000)).toEqual([]);
    expect(await queue.list("waiting")).toHaveLength(1);
    expect(await queue.cancel("a")).toBe(true);
  });

  test("retries, due or stalled, never keep a first try waiting", async () => {
    const queue = backend.open("fair");
    for (let i = 0; i < 30; i += 1) await queue.add(job(`r${i}`, { attempts: 3, dueAt: Date.now() + (i % 2) * 20 }));
    for (let i = 0; i < 3; i += 1) await queue.add(job(`s${i}`));
    await queue.take(3, 10);
    await sleep(40);
    await queue.add(job("new"));
    const [first] = await queue.take(1, 10_000);
    expect(first?.job.id).toBe("new");
    expect(await queue.take(100, 10_000)).toHaveLength(33);
  });

  test("several takers never get the same job", async () => {
    const queues = [backend.open("race"), backend.open("race"), backend.open("race")];
    for (let i = 0; i < 40; i += 1) await queues[0]?.add(job(`j${i}`));
    const ids: string[] = [];
    await Promise.all(
      queues.map(async (queue) => {
        for (;;) {
          const leased = await queue.take(4, 20_000);
          if (leased.length === 0) return;
          for (const { job, lease } of leased) {
            ids.push(job.id);
            await queue.acknowledge(job.id, lease);
          }
        }
      }),
    );
    expect(ids).toHaveLength(40);
    expect(new Set(ids).size).toBe(40);
  });

  test("sets aside what it cannot read, reports it and goes on", async () => {
    const queue = backend.open("foreign");
    backend.problems.length = 0;
    await backend.addForeign("foreign", "strange", { hello: "world" });
    await backend.addForeign("foreign", "job-v2", { ...job("v2"), v: 2 });
    await backend.addForeign("foreign", "job-a", job("b"));
    await queue.add(job("ours"));
    expect((await queue.take(5, 10_000)).map((one) => one.job.id)).toEqual(["ours"]);
    const unreadable = backend.problems.filter(({ code }) => code === "unreadable_job");
    expect(unreadable.map((problem) => problem.job).sort()).toEqual(["job-a", "job-v2", "strange"]);
    expect(await queue.take(5, 10_000)).toEqual([]);
    expect(await backend.dump()).toContain("hello");
    expect(await queue.list("failed")).toEqual([]);
  });

  test("leaves nothing of a job that is done, and stores no more than it was given", async () => {
    const queue = backend.open("traces");
    const ids = ["trace-acked", "trace-cancelled", "trace-stalled"];
    for (const id of ids) await queue.add(job(id, { sealed: "c2VhbGVk", connection: "trace-connection" }));
    await queue.cancel("trace-cancelled");
    expect((await queue.take(5, 20)).length).toBe(2);
    await sleep(40);
    // The clearing up after the cancel may be putting them back at this moment: then the next call has them.
    const leased: LeasedJob[] = [];
    while (leased.length < 2) leased.push(...(await queue.take(5, 10_000)));
    expect(leased).toHaveLength(2);
    expect(await backend.dump()).toContain("c2VhbGVk");
    for (const one of leased) await queue.acknowledge(one.job.id, one.lease);
    await queue.close();
    expect(await backend.dump()).not.toMatch(/trace-|c2VhbGVk/);
  });

  test("rejects after it was closed", async () => {
    const queue = backend.open("closed");
    await queue.add(job("a"));
    await queue.close();
    await queue.close();
    await expect(queue.add(job("b"))).rejects.toMatchObject({ code: "queue_unavailable" });
  });
});
