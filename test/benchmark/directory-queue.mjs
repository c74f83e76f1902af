// How many jobs a directory queue takes and gives per second, and what of that is fsync.
//
//   npm run build && node test/benchmark/directory-queue.mjs [directory on the disk to measure]
//
// The same is measured in /dev/shm, where fsync costs nothing.
import { existsSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directoryQueue } from "express-notion-oauth";

const sealed = "s".repeat(600);

function job(id, dueAt = Date.now()) {
  return { v: 1, id, kind: "revoke", sealed, createdAt: Date.now(), dueAt, attempts: 0 };
}

async function inParallel(count, lanes, action) {
  let next = 0;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (next < count) await action(next++);
    }),
  );
  return performance.now() - start;
}

function print(what, count, ms) {
  console.log(
    `  ${what.padEnd(48)} ${String(Math.round((count / ms) * 1000)).padStart(7)}/s  ${(ms / count).toFixed(2).padStart(7)} ms each`,
  );
}

async function measure(parent, name) {
  console.log(`${name}: ${parent}`);
  const path = await mkdtemp(join(parent, "directory-queue-"));
  try {
    const start = performance.now();
    for (let index = 0; index < 100; index += 1) {
      const handle = await open(join(path, "fsync"), "w");
      await handle.write(sealed);
      await handle.sync();
      await handle.close();
    }
    print("write and fsync one file, alone", 100, performance.now() - start);

    const queue = directoryQueue(join(path, "queue"));
    let added = 0;
    for (const [lanes, count] of [
      [1, 300],
      [8, 1500],
      [64, 8200],
    ]) {
      print(`add, ${lanes} in parallel`, count, await inParallel(count, lanes, () => queue.add(job(`job-${added++}`))));
    }
    const drainStart = performance.now();
    for (let drained = 0; drained < added; ) {
      const taken = await queue.take(16, 60_000);
      await Promise.all(taken.map((leased) => queue.acknowledge(leased.job.id, leased.lease)));
      drained += taken.length;
    }
    print(`take 16 and acknowledge, ${added} jobs`, added, performance.now() - drainStart);
    const inline = await inParallel(300, 1, async (index) => {
      await queue.add(job(`inline-${index}`));
      await queue.acknowledge(`inline-${index}`);
    });
    print("add and acknowledge without lease, 1 in parallel", 300, inline);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function measureCrowded(parent) {
  const waiting = 20_000;
  console.log(`${waiting} jobs waiting that are due in a month: ${parent}`);
  const path = await mkdtemp(join(parent, "directory-queue-"));
  try {
    const filling = directoryQueue(path);
    const month = Date.now() + 30 * 86_400_000;
    await inParallel(waiting, 64, (index) => filling.add({ ...job(`guard-${index}`, month + index), kind: "expiry" }));
    await filling.close();
    const before = process.memoryUsage().heapUsed;
    const queue = directoryQueue(path);
    const first = await inParallel(1, 1, () => queue.take(1, 1000));
    console.log(
      `  first take: ${Math.round(first)} ms, then ${Math.round((process.memoryUsage().heapUsed - before) / 2 ** 20)} MiB more heap`,
    );
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await queue.take(1, 1000);
    const idleCpu = process.cpuUsage();
    print("take, nothing due and nothing changed", 50, await inParallel(50, 1, () => queue.take(1, 1000)));
    const { user, system } = process.cpuUsage(idleCpu);
    console.log(`    of which ${((user + system) / 50_000).toFixed(2)} ms on a processor`);
    const inline = await inParallel(300, 1, async (index) => {
      await queue.add(job(`inline-${index}`));
      await queue.acknowledge(`inline-${index}`);
    });
    print("add and acknowledge without lease, 1 in parallel", 300, inline);
    print("add, 64 in parallel", 2000, await inParallel(2000, 64, (index) => queue.add(job(`job-${index}`))));
    const drainStart = performance.now();
    for (let drained = 0; drained < 2000; ) {
      const taken = await queue.take(16, 60_000);
      await Promise.all(taken.map((leased) => queue.acknowledge(leased.job.id, leased.lease)));
      drained += taken.length;
    }
    print("take 16 and acknowledge, 2000 jobs", 2000, performance.now() - drainStart);
    print("cancel one of the waiting", 100, await inParallel(100, 1, (index) => queue.cancel(`guard-${index}`)));
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

const disk = process.argv[2] ?? tmpdir();
await measure(disk, "disk");
if (existsSync("/dev/shm")) await measure("/dev/shm", "memory, without the cost of fsync");
await measureCrowded(disk);
