import { mkdirSync, writeFileSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { shardOf } from "../../../src/revocation/directory/job-name.js";
import { directoryQueue } from "../../../src/revocation/directory-queue.js";
import type { RevocationJob } from "../../../src/revocation/job.js";
import type { QueueProblem, RevocationQueue } from "../../../src/revocation/queue.js";

/** An empty directory that is gone when the test has ended. */
export async function temporaryDirectory(parent = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(parent, "directory-queue-"));
  onTestFinished(async () => {
    await chmod(path, 0o700).catch(() => {});
    await rm(path, { recursive: true, force: true });
  });
  return path;
}

/** A queue on a directory, with the problems it reports. */
export function openQueue(
  path: string,
  options: Parameters<typeof directoryQueue>[1] = { pollInterval: 20 },
): RevocationQueue & { problems: QueueProblem[] } {
  const problems: QueueProblem[] = [];
  const queue = directoryQueue(path, options);
  queue.onProblem?.((problem) => problems.push(problem));
  return { ...queue, problems };
}

export function job(id: string, fields: Partial<RevocationJob> = {}): RevocationJob {
  return {
    v: 1,
    id,
    kind: "revoke",
    sealed: "sealed",
    createdAt: Date.now(),
    dueAt: Date.now(),
    attempts: 0,
    ...fields,
  };
}

/** All files below a directory, as paths relative to it. */
export async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .sort();
}

/** Writes a file among the waiting jobs, where the job with this id would be. */
export function plant(path: string, id: string, name: string, content: string): string {
  const folder = join(path, "waiting", shardOf(id));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  return join("waiting", shardOf(id), name);
}

/** The name of a waiting job, as the queue would give it. */
export function waitingName(id: string, dueAt = 1_700_000_000_000, attempts = 0): string {
  return `${id}.${dueAt}.${attempts}.AAAAAAAAAAA.job`;
}
