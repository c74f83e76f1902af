import { NotionApiError } from "../errors.js";

/** How many different jobs have to fail in a row before Notion itself, not a job, is taken to be the cause. */
const THRESHOLD = 5;
const LONGEST_PAUSE = 30_000;

/**
 * Tells an outage of Notion from the failure of single jobs, and paces the worker: pause, then one probe, then either full
 * speed or a longer pause. Without it, ten thousand waiting jobs would hammer a service that is down.
 */
export interface Outage {
  /** 0, or when the next probe may go out, in ms since 1970. */
  readonly pausedUntil: number;
  /** How many jobs may be taken now, of those the worker has room for. */
  allowance(room: number): number;
  succeeded(): void;
  failed(jobId: string, error: unknown): void;
}

export function createOutage(now: () => number, random: () => number, minDelay: number): Outage {
  let failing = new Set<string>();
  let pauses = 0;
  let pausedUntil = 0;
  return {
    get pausedUntil() {
      return pausedUntil;
    },
    allowance(room) {
      if (pauses === 0) return room;
      // A clock that was set back must not make a pause of hours of it.
      pausedUntil = Math.min(pausedUntil, now() + LONGEST_PAUSE);
      return now() < pausedUntil ? 0 : Math.min(room, 1);
    },
    succeeded() {
      failing.clear();
      pauses = 0;
      pausedUntil = 0;
    },
    failed(jobId, error) {
      // A refusal of this one token says that Notion works.
      if (!(error instanceof NotionApiError) || error.code === "notion_rejected" || error.code === "invalid_grant")
        return;
      failing.add(jobId);
      const probeFailed = pauses > 0 && now() >= pausedUntil;
      if (!probeFailed && (pauses > 0 || failing.size < THRESHOLD)) return;
      pauses += 1;
      failing = new Set();
      const cap = Math.min(LONGEST_PAUSE, minDelay * 2 ** Math.min(pauses, 20));
      const asked = Math.min(error.retryAfter ?? 0, LONGEST_PAUSE);
      pausedUntil = now() + Math.max(asked, cap / 2 + random() * (cap / 2));
    },
  };
}
