import { isJobId } from "../../revocation/is-revocation-job.js";
import { retryJob } from "../../revocation/retry-job.js";
import { UsageError } from "../command.js";
import type { OpenQueue } from "./open-queue.js";
import { EVERY, writeJson } from "./show-jobs.js";
import { count, printable } from "./text.js";

/** `queue retry`: puts jobs back into the line. The app's workers, or `queue drain`, do the rest. */
export async function retryJobs(
  { queue, where }: OpenQueue,
  which: readonly string[] | "all",
  json: boolean,
): Promise<number> {
  const ids = which === "all" ? (await queue.list("failed", EVERY)).map(({ id }) => id) : [...new Set(which)];
  const wrong = ids.find((id) => !isJobId(id));
  if (wrong !== undefined) throw new UsageError(`${JSON.stringify(printable(wrong, 80))} is not the id of a job.`);
  const retried: string[] = [];
  const missing: string[] = [];
  for (const id of ids) ((await retryJob(queue, id, Date.now())) ? retried : missing).push(id);
  if (json) writeJson({ queue: where, retried, missing });
  else {
    for (const id of missing) process.stderr.write(`There is no job ${id} in ${where}.\n`);
    process.stdout.write(`${count(retried.length, "revocation")} put back, due now.\n`);
  }
  // With --all somebody else may have been faster.
  return missing.length > 0 && which !== "all" ? 1 : 0;
}
