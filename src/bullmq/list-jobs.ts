import type { IQueueBackend, JobType } from "bullmq";
import type { RevocationJob } from "../revocation/job.js";
import { readJob, storedId } from "./stored-job.js";

/** Lists that BullMQ keeps in another order than that of `dueAt`. */
const UNORDERED: Record<"waiting" | "failed", JobType[]> = {
  waiting: ["active", "wait", "prioritized"],
  failed: ["failed"],
};
/** How many jobs of each of them are read, at least, to find those due first. */
const READ = 1000;
const PARALLEL = 50;

/** One job; undefined when there is none or it cannot be read. */
export async function getJob(backend: IQueueBackend, id: string): Promise<RevocationJob | undefined> {
  return readStored(backend, storedId(id));
}

/** Jobs by state, earliest due first, as far as there are no more than a thousand that are due or failed. */
export async function listJobs(
  backend: IQueueBackend,
  state: "waiting" | "failed",
  limit: number,
): Promise<RevocationJob[]> {
  if (!(limit >= 1)) return [];
  const most = Math.floor(limit);
  const ranges = await backend.getRanges(UNORDERED[state], 0, Math.max(most, READ) - 1, true);
  if (state === "waiting") ranges.push(...(await backend.getRanges(["delayed"], 0, most - 1, true)));
  // A job that moves meanwhile may be seen twice.
  const ids = [...new Set(ranges.flat())];
  const jobs: RevocationJob[] = [];
  for (let start = 0; start < ids.length; start += PARALLEL) {
    const page = ids.slice(start, start + PARALLEL).map((id) => readStored(backend, id));
    for (const job of await Promise.all(page)) {
      if (job !== undefined) jobs.push(job);
    }
  }
  return jobs.sort((a, b) => a.dueAt - b.dueAt).slice(0, most);
}

/** When the next job that waits is due, in ms since 1970. */
export async function nextDue(backend: IQueueBackend): Promise<number | undefined> {
  const ranges = await backend.getRanges(["wait", "prioritized", "delayed"], 0, 0, true);
  const first = await Promise.all(ranges.flat().map((id) => readStored(backend, id)));
  const due = first.flatMap((job) => job?.dueAt ?? []);
  return due.length === 0 ? undefined : Math.min(...due);
}

async function readStored(backend: IQueueBackend, id: string): Promise<RevocationJob | undefined> {
  const stored = await backend.getJobData(id);
  return stored === undefined ? undefined : readJob(id, stored.data);
}
