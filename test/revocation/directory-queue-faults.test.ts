import { spawnSync } from "node:child_process";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { StoreError } from "../../src/errors.js";
import type { RevocationQueue } from "../../src/revocation/queue.js";
import { filesIn, job, openQueue, temporaryDirectory } from "./support/directory.js";

const isRoot = process.getuid?.() === 0;

/** Mounts a small file system; undefined where that is not allowed. */
async function mountSmall(): Promise<{ path: string; mount: (...options: string[]) => void } | undefined> {
  const path = await temporaryDirectory();
  const mount = (...options: string[]) => spawnSync("mount", options, { stdio: "ignore" }).status;
  if (mount("-t", "tmpfs", "-o", "size=256k", "tmpfs", path) !== 0) return undefined;
  onTestFinished(() => {
    spawnSync("umount", [path]);
  });
  return { path, mount: (...options) => expect(mount(...options, path)).toBe(0) };
}

async function expectUnavailable(operation: Promise<unknown>, code: string): Promise<void> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "queue_unavailable", status: 503, cause: { code } });
}

async function fill(queue: RevocationQueue): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < 1000; index += 1) {
    const id = `job-${index}`;
    try {
      await queue.add(job(id, { sealed: "x".repeat(3000) }));
    } catch (error) {
      expect(error).toMatchObject({ code: "queue_unavailable", cause: { code: "ENOSPC" } });
      return ids;
    }
    ids.push(id);
  }
  throw new Error("The disk did not become full.");
}

describe("directoryQueue: faults", () => {
  test("disk full: add rejects, nothing that was added is lost, and it works again when there is room", async (context) => {
    const small = await mountSmall();
    if (small === undefined) return context.skip("NOT TESTED: disk full needs the right to mount a tmpfs");
    const queue = openQueue(join(small.path, "queue"));
    const ids = await fill(queue);
    expect(ids.length).toBeGreaterThan(10);
    expect((await queue.list("waiting")).map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect((await filesIn(small.path)).filter((file) => file.endsWith(".tmp"))).toEqual([]);

    // Retries need room for the new fields. Without it the job stays as it is, under its lease.
    const [held] = await queue.take(1, 60_000);
    const retried = { ...held!.job, attempts: 1, sealed: "y".repeat(3000) };
    await expectUnavailable(queue.reschedule(retried, held!.lease), "ENOSPC");
    await expectUnavailable(queue.fail(retried, held!.lease), "ENOSPC");
    expect(await queue.get(held!.job.id)).toEqual(held!.job);
    expect(await queue.cancel(held!.job.id)).toBe(false);

    await queue.acknowledge(held!.job.id, held!.lease);
    expect(await queue.get(held!.job.id)).toBeUndefined();
    await queue.add(job("room", { sealed: "x".repeat(3000) }));
    expect(queue.problems).toEqual([]);
  });

  test("read-only: changes reject, reading works, and nothing is lost", async (context) => {
    const small = await mountSmall();
    if (small === undefined) return context.skip("NOT TESTED: read-only needs the right to mount a tmpfs");
    const queue = openQueue(join(small.path, "queue"));
    const added = job("kept");
    await queue.add(added);
    small.mount("-o", "remount,ro");
    await expectUnavailable(queue.add(job("new")), "EROFS");
    await expectUnavailable(queue.take(1, 1000), "EROFS");
    await expectUnavailable(queue.acknowledge("kept"), "EROFS");
    await expectUnavailable(queue.cancel("kept"), "EROFS");
    await expectUnavailable(queue.reschedule(added), "EROFS");
    await expectUnavailable(openQueue(join(small.path, "other")).add(job("new")), "EROFS");
    expect(await queue.list("waiting")).toEqual([added]);
    small.mount("-o", "remount,rw");
    expect((await queue.take(1, 1000)).map((taken) => taken.job)).toEqual([added]);
  });

  test("the path is a file: every operation rejects", async () => {
    const path = join(await temporaryDirectory(), "file");
    await writeFile(path, "a file");
    for (const place of [path, join(path, "below")]) {
      const queue = openQueue(place);
      const code = place === path ? "EEXIST" : "ENOTDIR";
      await expectUnavailable(queue.add(job("new")), code);
      await expectUnavailable(queue.take(1, 1000), "ENOTDIR");
      await expectUnavailable(queue.list("waiting"), "ENOTDIR");
      await expectUnavailable(queue.get("new"), "ENOTDIR");
      await expectUnavailable(queue.cancel("new"), "ENOTDIR");
      await expectUnavailable(queue.acknowledge("new"), "ENOTDIR");
      await expectUnavailable(Promise.resolve(queue.nextDueAt?.()), "ENOTDIR");
    }
    await rm(path);
    const queue = openQueue(path);
    await queue.add(job("new"));
    expect(await queue.list("waiting")).toHaveLength(1);
  });

  test("no permission: operations reject, and go on once it is back", async () => {
    const parent = await temporaryDirectory();
    await chmod(parent, 0o755);
    const queue = openQueue(join(parent, "queue"));
    // Root may do everything, so it has to be somebody else for a moment.
    if (isRoot) process.seteuid?.(65_534);
    else await chmod(parent, 0o500);
    try {
      await expectUnavailable(queue.add(job("new")), "EACCES");
    } finally {
      if (isRoot) process.seteuid?.(0);
      else await chmod(parent, 0o700);
    }
    await queue.add(job("new"));
    if (isRoot) process.seteuid?.(65_534);
    else await chmod(join(parent, "queue"), 0);
    try {
      await expectUnavailable(queue.add(job("other")), "EACCES");
      await expectUnavailable(queue.take(1, 1000), "EACCES");
      await expectUnavailable(queue.list("waiting"), "EACCES");
      await expectUnavailable(queue.get("new"), "EACCES");
    } finally {
      if (isRoot) process.seteuid?.(0);
      else await chmod(join(parent, "queue"), 0o700);
    }
    expect((await queue.take(1, 1000)).map((taken) => taken.job.id)).toEqual(["new"]);
    expect(queue.problems.filter(({ code }) => code !== "backend_error")).toEqual([]);
  });
});
