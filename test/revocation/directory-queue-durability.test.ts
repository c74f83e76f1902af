import type * as fs from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { job, openQueue, temporaryDirectory } from "./support/directory.js";

/** What a power failure could still undo: names that were changed in a folder, and content, that were not synced since. */
const disk = vi.hoisted(() => ({
  names: new Set<string>(),
  content: new Set<string>(),
  onWrite: () => {},
  beforeSync: async (_path: string) => {},
  afterRename: async (_from: string) => {},
}));

vi.mock("node:fs/promises", async (importOriginal) => {
  const actual = await importOriginal<typeof fs>();
  const changed = (...paths: unknown[]) => {
    for (const path of paths) disk.names.add(dirname(String(path)));
  };
  return {
    ...actual,
    mkdir: async (...args: Parameters<typeof fs.mkdir>) => {
      const made = await actual.mkdir(...args);
      changed(args[0]);
      return made;
    },
    rename: async (...args: Parameters<typeof fs.rename>) => {
      await actual.rename(...args);
      changed(...args);
      const [from, to] = args.map(String);
      if (disk.content.delete(from ?? "")) disk.content.add(to ?? "");
      await disk.afterRename(from ?? "");
    },
    unlink: async (...args: Parameters<typeof fs.unlink>) => {
      await actual.unlink(...args);
      changed(args[0]);
      disk.content.delete(String(args[0]));
    },
    writeFile: async (...args: Parameters<typeof fs.writeFile>) => {
      const [path, , options] = args;
      await actual.writeFile(...args);
      disk.onWrite();
      if (!(typeof options === "object" && options !== null && options.flush === true)) disk.content.add(String(path));
    },
    open: async (...args: Parameters<typeof fs.open>) => {
      const handle = await actual.open(...args);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        // What changes while it syncs is not in it.
        const path = String(args[0]);
        await disk.beforeSync(path);
        disk.names.delete(path);
        await sync();
      };
      return handle;
    },
  };
});

test("a change whose writing took longer than the job is held for is not made: somebody may have finished the job", async () => {
  let time = Date.now();
  const queue = openQueue(await temporaryDirectory(), { pollInterval: 20, now: () => time });
  const added = job("a", { dueAt: time });
  await queue.add(added);
  const [leased] = await queue.take(1, 60_000);
  disk.onWrite = () => {
    time += 120_000;
  };
  await queue.reschedule({ ...added, attempts: 1 }, leased?.lease);
  disk.onWrite = () => {};
  expect(await queue.get("a")).toEqual(added);
  expect((await queue.take(1, 60_000)).map((one) => one.job)).toEqual([added]);
});

test.each([true, false])(
  "an add never takes the job away that another process gives up at that moment (its file was known: %s)",
  async (isKnown) => {
    const path = await temporaryDirectory();
    const [one, other] = [openQueue(path), openQueue(path)];
    await other.add(job("a"));
    const [leased] = await other.take(1, 60_000);
    if (isKnown) expect(await one.get("a")).toEqual(leased?.job);
    disk.beforeSync = async (folder) => {
      if (dirname(folder) !== join(path, "waiting")) return;
      disk.beforeSync = async () => {};
      await other.fail(job("a", { failedAt: 1 }), leased?.lease);
    };
    const again = job("a", { dueAt: 5 });
    await one.add(again);
    expect(await one.list("waiting")).toEqual([again]);
    expect(await one.list("failed")).toEqual([]);
    expect((await one.take(2, 1000)).map((taken) => taken.job.id)).toEqual(["a"]);
  },
);

test("a failed job that is added again is handed out at once, also when a worker looks in that very moment", async () => {
  const path = await temporaryDirectory();
  const queue = openQueue(path, { pollInterval: 1 });
  await queue.add(job("a"));
  const [leased] = await queue.take(1, 60_000);
  await queue.fail(job("a", { failedAt: 1 }), leased?.lease);
  disk.afterRename = async (from) => {
    if (dirname(from) !== join(path, "failed")) return;
    disk.afterRename = async () => {};
    await setTimeout(2);
    expect(await queue.take(1, 60_000)).toEqual([]);
  };
  await queue.add(job("a"));
  expect((await queue.take(1, 60_000)).map((taken) => taken.job.id)).toEqual(["a"]);
});

const nothing = { names: [], content: [] };
const atRisk = () => ({ names: [...disk.names], content: [...disk.content] });

describe.skipIf(process.platform === "win32")(
  "directoryQueue: a power failure undoes nothing that had resolved:",
  () => {
    beforeEach(() => {
      disk.names.clear();
      disk.content.clear();
    });

    async function queueWith(...ids: string[]) {
      const queue = openQueue(join(await temporaryDirectory(), "made", "here"));
      for (const id of ids) await queue.add(job(id));
      return queue;
    }

    test("the first add, which makes the folders", async () => {
      const queue = await queueWith();
      await queue.add(job("a"));
      expect(atRisk()).toEqual(nothing);
    });

    test("many adds at once", async () => {
      const queue = await queueWith();
      await Promise.all(Array.from({ length: 50 }, (_, n) => queue.add(job(`job-${n}`))));
      expect(atRisk()).toEqual(nothing);
    });

    test("reschedule, with a lease and without", async () => {
      const queue = await queueWith("a", "b");
      const [leased] = await queue.take(1, 60_000);
      await queue.reschedule(job(leased?.job.id ?? "", { attempts: 1 }), leased?.lease);
      expect(atRisk()).toEqual(nothing);
      for (const id of ["a", "b"]) {
        await queue.reschedule(job(id, { attempts: 2 }));
        expect(atRisk()).toEqual(nothing);
      }
    });

    test("fail, with a lease and without, and an add that takes the place of the failed job", async () => {
      const queue = await queueWith("a", "b");
      const [leased] = await queue.take(1, 60_000);
      await queue.fail(job(leased?.job.id ?? "", { failedAt: 1 }), leased?.lease);
      expect(atRisk()).toEqual(nothing);
      for (const id of ["a", "b"]) await queue.fail(job(id, { failedAt: 1 }));
      expect(atRisk()).toEqual(nothing);
      await queue.add(job("a"));
      expect(atRisk()).toEqual(nothing);
    });

    test("cancel of a waiting job and of a failed one, whose tokens are in use again", async () => {
      const queue = await queueWith("a", "b");
      await queue.fail(job("b", { failedAt: 1 }));
      expect(await queue.cancel("a")).toBe(true);
      expect(atRisk()).toEqual(nothing);
      expect(await queue.cancel("b")).toBe(true);
      expect(atRisk()).toEqual(nothing);
    });
  },
);
