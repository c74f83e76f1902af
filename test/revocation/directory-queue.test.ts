import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/errors.js";
import { shardOf } from "../../src/revocation/directory/job-name.js";
import { directoryQueue } from "../../src/revocation/directory-queue.js";
import type { RevocationJob } from "../../src/revocation/job.js";
import { filesIn, job, openQueue, plant, temporaryDirectory, waitingName } from "./support/directory.js";

describe("directoryQueue: options", () => {
  test("is durable and looks for jobs of other processes every second, or as often as told", () => {
    expect(directoryQueue("unused")).toMatchObject({ durable: true, pollInterval: 1000 });
    expect(directoryQueue("unused", { pollInterval: 50 }).pollInterval).toBe(50);
  });

  test.each([
    ["path", "", {}],
    ["path", "a\0b", {}],
    ["path", undefined, {}],
    ["pollInterval", "unused", { pollInterval: 0 }],
    ["pollInterval", "unused", { pollInterval: Number.NaN }],
    ["pollInterval", "unused", { pollInterval: "1s" }],
    ["now", "unused", { now: 0 }],
    ["pollIntervall", "unused", { pollIntervall: 5 }],
  ])("refuses a wrong %s", (option, path, options) => {
    const open = () => directoryQueue(path as string, options as { pollInterval?: number });
    expect(open).toThrow(OptionError);
    expect(open).toThrow(expect.objectContaining({ option }));
  });

  test("touches nothing before it is used", async () => {
    const path = join(await temporaryDirectory(), "queue");
    const queue = openQueue(path);
    expect(await queue.take(1, 1000)).toEqual([]);
    expect(await queue.list("failed")).toEqual([]);
    expect(await queue.cancel("nothing")).toBe(false);
    await queue.acknowledge("nothing");
    await queue.reschedule(job("nothing"));
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});

describe("directoryQueue: files", () => {
  test("folders are 0700 and files 0600, in every state", async () => {
    const path = join(await temporaryDirectory(), "deep", "queue");
    const queue = openQueue(path);
    await queue.add(job("waiting", { dueAt: Date.now() + 60_000 }));
    await queue.add(job("failed"));
    const [failed] = await queue.take(1, 60_000);
    await queue.fail(failed!.job, failed!.lease);
    await queue.add(job("leased"));
    expect(await queue.take(1, 60_000)).toHaveLength(1);
    await queue.reschedule(job("waiting", { dueAt: Date.now() + 50_000 }));
    const files = await filesIn(path);
    expect(files).toHaveLength(3);
    for (const file of files) expect((await stat(join(path, file))).mode & 0o777).toBe(0o600);
    const folders = ["..", ".", "waiting", `waiting/${shardOf("waiting")}`, "failed"];
    for (const folder of folders) expect((await stat(join(path, folder))).mode & 0o777).toBe(0o700);
  });

  test("one file per job, named after its state, and only JSON inside", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    const added = job("revoke-abc", { dueAt: 1_700_000_000_000, attempts: 2 });
    await queue.add(added);
    const [file] = await filesIn(path);
    expect(file).toMatch(/^waiting\/[0-3][0-9a-f]\/revoke-abc\.1700000000000\.2\.[A-Za-z0-9_-]{11}\.job$/);
    expect(JSON.parse(await readFile(join(path, file!), "utf8"))).toEqual(added);
    const [taken] = await queue.take(1, 60_000);
    expect(await filesIn(path)).toEqual([
      expect.stringMatching(/revoke-abc\.1700000000000\.2\.\d{13}\.[\w-]{22}\.leased$/),
    ]);
    await queue.fail({ ...added, failedAt: 5 }, taken!.lease);
    expect(await filesIn(path)).toEqual(["failed/revoke-abc.json"]);
  });

  test("nothing is left once jobs are acknowledged, cancelled, or were retried and failed before", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    for (let index = 0; index < 20; index += 1) await queue.add(job(`job-${index}`));
    for (const { job: taken, lease } of await queue.take(5, 60_000)) await queue.acknowledge(taken.id, lease);
    for (const { job: taken, lease } of await queue.take(5, 60_000)) {
      await queue.reschedule({ ...taken, attempts: 1 }, lease);
      await queue.acknowledge(taken.id);
    }
    for (const { job: taken, lease } of await queue.take(5, 60_000)) {
      await queue.fail(taken, lease);
      await queue.add(taken);
      await queue.cancel(taken.id);
    }
    for (const { job: taken, lease } of await queue.take(5, 60_000)) {
      await queue.fail(taken, lease);
      await queue.acknowledge(taken.id);
    }
    expect(await filesIn(path)).toEqual([]);
    expect(await queue.nextDueAt?.()).toBeUndefined();
    expect(queue.problems).toEqual([]);
  });

  test("ids that could leave the folder, and what is no job, are refused before anything is written", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    const wrong: unknown[] = [
      ...["", "..", "../x", "a/b", "a.b", "a b", "ä", "a\n", "x".repeat(65), 5, null].map((id) => ({
        ...job("a"),
        id,
      })),
      { ...job("a"), v: 2 },
      { ...job("a"), dueAt: Number.NaN },
      { ...job("a"), attempts: -1 },
      { ...job("a"), sealed: undefined },
      { ...job("a"), sealed: "x".repeat(2 ** 20) },
      { ...job("a"), kind: "other" },
      null,
    ];
    for (const value of wrong) {
      await expect(queue.add(value as RevocationJob)).rejects.toThrow(OptionError);
      await expect(queue.reschedule(value as RevocationJob)).rejects.toThrow(OptionError);
      await expect(queue.fail(value as RevocationJob)).rejects.toThrow(OptionError);
    }
    for (const id of ["..", "../../etc/passwd", "", "a/b"]) {
      expect(await queue.get(id)).toBeUndefined();
      expect(await queue.cancel(id)).toBe(false);
      await queue.acknowledge(id);
      await queue.acknowledge(id, "../x");
    }
    expect(await filesIn(path)).toEqual([]);
  });

  test("fields that a later release may add come back too", async () => {
    const queue = openQueue(await temporaryDirectory());
    const added = { ...job("future"), extra: { nested: [1] } } as RevocationJob;
    await queue.add(added);
    expect((await queue.take(1, 1000))[0]?.job).toEqual(added);
  });

  test("the directory may be removed while the queue is open", async () => {
    const path = join(await temporaryDirectory(), "queue");
    const queue = openQueue(path);
    await queue.add(job("lost"));
    await rm(path, { recursive: true });
    expect(await queue.take(1, 1000)).toEqual([]);
    await queue.add(job("lost"));
    expect((await queue.take(1, 60_000)).map((taken) => taken.job.id)).toEqual(["lost"]);
  });
});

describe("directoryQueue: order", () => {
  test("tried and untried jobs take turns, each earliest due first", async () => {
    const queue = openQueue(await temporaryDirectory());
    for (let index = 0; index < 6; index += 1) {
      await queue.add(job(`untried-${index}`, { dueAt: 1000 + index }));
      await queue.add(job(`tried-${index}`, { dueAt: 1000 + index, attempts: 1 }));
    }
    const ids: string[] = [];
    for (let index = 0; index < 12; index += 1) ids.push((await queue.take(1, 60_000))[0]!.job.id);
    expect(ids).toEqual(Array.from({ length: 6 }, (_, index) => [`untried-${index}`, `tried-${index}`]).flat());
  });

  test("a job whose lease keeps ending queues up behind those that wait", async () => {
    let time = 10_000;
    const path = await temporaryDirectory();
    const queue = openQueue(path, { now: () => time });
    await queue.add(job("deadly", { dueAt: 1 }));
    await queue.take(1, 10);
    time += 10;
    await queue.add(job("harmless", { dueAt: 2, attempts: 1 }));
    expect((await queue.take(1, 1000)).map((taken) => taken.job.id)).toEqual(["harmless"]);
    expect((await queue.take(1, 1000)).map((taken) => taken.job.id)).toEqual(["deadly"]);
  });

  test("nextDueAt is the earliest due time or end of a lease, also of what other processes did", async () => {
    let time = 1_700_000_000_000;
    const path = await temporaryDirectory();
    const queue = openQueue(path, { now: () => time });
    await queue.add(job("b", { dueAt: time + 5000 }));
    await queue.add(job("a", { dueAt: time + 2000 }));
    expect(await queue.nextDueAt?.()).toBe(time + 2000);
    time += 2000;
    await queue.take(1, 500);
    expect(await queue.nextDueAt?.()).toBe(time + 500);
    expect(await openQueue(path, { now: () => time }).nextDueAt?.()).toBe(time + 500);
  });

  test("2,000 jobs that are not due are neither opened nor read again and again", async () => {
    const path = await temporaryDirectory();
    const later = Date.now() + 30 * 86_400_000;
    // Torn on purpose: whoever opened one would report it.
    for (let index = 0; index < 2000; index += 1) {
      plant(path, `guard-${index}`, waitingName(`guard-${index}`, later + index), "");
    }
    const queue = openQueue(path);
    expect(await queue.take(10, 1000)).toEqual([]);
    expect(await queue.nextDueAt?.()).toBe(later);
    await queue.add(job("now"));
    expect((await queue.take(10, 1000)).map((taken) => taken.job.id)).toEqual(["now"]);
    await queue.acknowledge("now");
    expect(queue.problems).toEqual([]);
    expect(await queue.cancel("guard-77")).toBe(true);
  });
});

describe("directoryQueue: leases", () => {
  test("a lease that ends absurdly late, by a clock that was set back, is no lease", async () => {
    const path = await temporaryDirectory();
    const held = job("held");
    const until = Date.now() + 366 * 86_400_000;
    plant(path, "held", `held.1700000000000.0.${until}.${"A".repeat(22)}.leased`, JSON.stringify(held));
    expect((await openQueue(path).take(1, 1000)).map((taken) => taken.job.id)).toEqual(["held"]);
  });

  test("a lease that has ended but was taken by nobody else does not settle either", async () => {
    let time = 1_700_000_000_000;
    const queue = openQueue(await temporaryDirectory(), { now: () => time });
    await queue.add(job("late", { dueAt: time }));
    const [taken] = await queue.take(1, 1000);
    time += 1000;
    await queue.acknowledge("late", taken!.lease);
    expect(await queue.get("late")).toEqual(taken!.job);
    await queue.acknowledge("late");
    expect(await queue.get("late")).toBeUndefined();
  });

  test("a job whose file is named too early is put back until it is due", async () => {
    const path = await temporaryDirectory();
    const later = job("moved", { dueAt: Date.now() + 60_000, attempts: 3 });
    plant(path, "moved", waitingName("moved", 1000), JSON.stringify(later));
    const queue = openQueue(path);
    expect(await queue.take(5, 1000)).toEqual([]);
    expect(await queue.nextDueAt?.()).toBe(later.dueAt);
    expect(await queue.get("moved")).toEqual(later);
    expect(queue.problems).toEqual([]);
  });

  test("two files of one job are handed out once and both erased", async () => {
    const path = await temporaryDirectory();
    const twice = job("twice");
    plant(path, "twice", waitingName("twice", 1000), JSON.stringify(twice));
    plant(path, "twice", waitingName("twice", 2000), JSON.stringify(twice));
    const queue = openQueue(path);
    expect(await queue.list("waiting")).toEqual([twice]);
    const taken = await queue.take(1, 60_000);
    expect(await queue.take(5, 60_000)).toEqual([]);
    await queue.acknowledge("twice", taken[0]!.lease);
    expect(await filesIn(path)).toEqual([]);
  });

  test("a job that is both waiting and failed, after a crash, is waiting; done, both are gone", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    await queue.add(job("both"));
    const [failed] = await queue.take(1, 60_000);
    await queue.fail(failed!.job, failed!.lease);
    plant(path, "both", waitingName("both", 1000), JSON.stringify(job("both", { sealed: "new" })));
    expect(await queue.list("failed")).toEqual([]);
    const [taken] = await queue.take(1, 60_000);
    expect(taken?.job.sealed).toBe("new");
    await queue.acknowledge("both", taken!.lease);
    expect(await filesIn(path)).toEqual([]);
  });

  test("jobs can still be added after close, during a shutdown", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    await queue.close();
    await queue.close();
    await queue.add(job("late"));
    expect(await openQueue(path).list("waiting")).toHaveLength(1);
  });
});

describe("directoryQueue: what a crash leaves behind", () => {
  test("temporary files are removed once they are old, and only ours", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    const old = `${Date.now() - 11 * 60_000}.${"A".repeat(22)}.tmp`;
    const young = `${Date.now() - 60_000}.${"A".repeat(22)}.tmp`;
    plant(path, "a", old, '{"v":1,"id');
    const kept = plant(path, "b", young, '{"v":1,"id');
    expect(await queue.take(5, 1000)).toEqual([]);
    expect(await filesIn(path)).toEqual([kept]);
    expect(queue.problems).toEqual([]);
  });

  test("an empty shard or one that was just made is no problem", async () => {
    const path = await temporaryDirectory();
    await mkdir(join(path, "waiting", "2a"), { recursive: true });
    const queue = openQueue(path);
    expect(await queue.take(1, 1000)).toEqual([]);
    expect(queue.problems).toEqual([]);
    expect(await readdir(join(path, "waiting"))).toEqual(["2a"]);
  });
});
