import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { directoryQueue } from "../../src/revocation/directory-queue.js";
import { revocationQueueContract } from "../../src/testing/revocation-queue-contract.js";

describe("directoryQueue", () => {
  const cases = revocationQueueContract(async () => {
    const path = await mkdtemp(join(tmpdir(), "directory-queue-"));
    return {
      queue: directoryQueue(path, { pollInterval: 50 }),
      reopen: async () => directoryQueue(path, { pollInterval: 50 }),
      close: () => rm(path, { recursive: true, force: true }),
    };
  });
  for (const { name, run } of cases) test(name, run);
});

describe("directoryQueue, on a clock of the test's and with the default poll interval", () => {
  const cases = revocationQueueContract(async () => {
    const path = await mkdtemp(join(tmpdir(), "directory-queue-"));
    let time = 1_700_000_000_000;
    const open = () => directoryQueue(path, { now: () => time });
    return {
      queue: open(),
      now: () => time,
      advance: (ms) => {
        time += ms;
      },
      reopen: async () => open(),
      close: () => rm(path, { recursive: true, force: true }),
    };
  });
  for (const { name, run } of cases) test(name, run);
});
