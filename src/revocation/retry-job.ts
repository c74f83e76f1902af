import type { RevocationQueue } from "./queue.js";

/** Has a waiting or failed job tried again at `now`, as if it were new. False when there is no such job. */
export async function retryJob(queue: RevocationQueue, id: string, now: number): Promise<boolean> {
  const job = await queue.get(id);
  if (job === undefined) return false;
  const { failedAt, ...rest } = job;
  const fresh = { ...rest, dueAt: now, createdAt: now, attempts: 0 };
  await (failedAt === undefined ? queue.reschedule(fresh) : queue.add(fresh));
  return true;
}
