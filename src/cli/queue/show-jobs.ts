import type { RevocationJob, RevocationSummary } from "../../revocation/job.js";
import type { OpenQueue } from "./open-queue.js";
import { count, duration, printable, table } from "./text.js";

export interface Display {
  readonly json: boolean;
  /** How many jobs at most. */
  readonly limit: number | undefined;
}

/** Queues hand out a thousand unless they are asked for more. */
export const EVERY = 1_000_000;
const ROWS = 100;

/** `queue list`: what `revocations.pending()` shows, and how many guards there are. */
export async function showWaiting({ queue, where }: OpenQueue, { json, limit }: Display): Promise<number> {
  const waiting = await queue.list("waiting", EVERY);
  // A guard of a live session waits for its end; one that was tried is a revocation.
  const jobs = waiting.filter((job) => job.kind === "revoke" || job.attempts > 0);
  const guards = waiting.length - jobs.length;
  if (json) return writeJson({ queue: where, waiting: jobs.length, guards, jobs: jobs.slice(0, limit).map(summarize) });
  const now = Date.now();
  const rows = jobs.slice(0, limit ?? ROWS).map((job) => [...columns(job, now), nextTry(job, now)]);
  if (rows.length > 0) write(table([...HEADINGS, "NEXT TRY"], rows));
  write(
    `${count(jobs.length, "revocation")} ${jobs.length === 1 ? "waits" : "wait"} in ${where}${shown(rows, jobs)}.\n`,
  );
  if (guards > 0) write(`${count(guards, "guard")} of live sessions not shown.\n`);
  return 0;
}

/** `queue failed`. */
export async function showFailed({ queue, where }: OpenQueue, { json, limit }: Display): Promise<number> {
  const jobs = await queue.list("failed", EVERY);
  const code = jobs.length > 0 ? 1 : 0;
  if (json) {
    writeJson({ queue: where, failed: jobs.length, jobs: jobs.slice(0, limit).map(summarize) });
    return code;
  }
  const now = Date.now();
  const rows = jobs
    .slice(0, limit ?? ROWS)
    .map((job) => [...columns(job, now), job.failedAt === undefined ? "" : `${duration(now - job.failedAt)} ago`]);
  if (rows.length > 0) write(table([...HEADINGS, "GIVEN UP"], rows));
  write(`${count(jobs.length, "revocation")} failed in ${where}${shown(rows, jobs)}.\n`);
  return code;
}

const HEADINGS = ["ID", "KIND", "AGE", "ATTEMPTS", "CAUSE"];

function columns(job: RevocationJob, now: number): string[] {
  return [job.id, job.kind, duration(now - job.createdAt), String(job.attempts), printable(job.cause ?? "", 40)];
}

function nextTry({ dueAt }: RevocationJob, now: number): string {
  return dueAt <= now ? "due" : `in ${duration(dueAt - now)}`;
}

function shown(rows: readonly unknown[], jobs: readonly unknown[]): string {
  return rows.length < jobs.length ? `, the first ${rows.length} shown` : "";
}

/** Field by field: whatever else a job in a queue may carry is not for the eye. */
function summarize(job: RevocationJob): RevocationSummary {
  const { id, kind, connection, createdAt, dueAt, attempts, cause, failedAt } = job;
  return {
    id,
    kind,
    ...(connection !== undefined && { connection }),
    createdAt,
    dueAt,
    attempts,
    ...(cause !== undefined && { cause: printable(cause, 40) }),
    ...(failedAt !== undefined && { failedAt }),
  };
}

function write(text: string): void {
  process.stdout.write(text);
}

/** The one JSON document of a command. */
export function writeJson(document: object): 0 {
  write(`${JSON.stringify(document)}\n`);
  return 0;
}
