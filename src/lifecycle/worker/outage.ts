import { NotionApiError } from "../../errors.js";
import { failureCode } from "../../support/failure-code.js";
import type { RetryPolicy } from "./back-off.js";
import { createRate } from "./rate.js";

/** How many tries have to fail in a row before Notion itself, not an entry, is taken to be the cause. */
const THRESHOLD = 5;
/** The same where Notion has limited the client not long ago. */
const LIMITED_THRESHOLD = 2;

/** The longest pause between two probes, in ms: what waits has to die soon after Notion is back. */
const LONGEST_PAUSE = 5000;

/**
 * Tells an outage of Notion, and a limit on all that this client does, from the failure of single entries, and paces the worker: pause, then one
 * probe, then either full speed (after a limit: Notion's) or another pause. Without it, ten thousand waiting entries would hammer Notion.
 */
export interface Outage {
  /** Whether Notion is taken to be down. */
  readonly isOn: boolean;
  /** The code of the last failure, for reports. */
  readonly lastFailure: string | undefined;
  /** How many entries may be taken now, of those the worker has room for, while so many are running. */
  allowance(room: number, running: number): number;
  /** How long until the next entry may be taken while so many are running, in ms. Infinite where one of them has to end first. */
  pause(running: number): number;
  succeeded(): void;
  failed(error: unknown): void;
  /** Whether a try failed because Notion is down: then it says nothing of the entry. */
  blames(error: unknown): boolean;
  /**
   * The longest wait after a failure, in ms: what fails because Notion is down has to be due soon after Notion is back. Where others were confirmed
   * between this entry's tries, it is the entry that fails.
   */
  longestWait(error: unknown, attempts: number): number;
}

/** @param now a clock that is never set back, in ms */
export function createOutage(now: () => number, random: () => number, { minDelay, maxDelay }: RetryPolicy): Outage {
  const rate = createRate(now);
  let failures = 0;
  let pauses = 0;
  let pausedUntil = 0;
  let isLimit = false;
  let lastFailure: string | undefined;
  return {
    get isOn() {
      return pauses > 0;
    },
    get lastFailure() {
      return lastFailure;
    },
    pause(running) {
      if (pauses === 0) return rate.pause(running);
      return running > 0 ? Number.POSITIVE_INFINITY : Math.max(0, pausedUntil - now());
    },
    allowance(room, running) {
      if (pauses === 0) return Math.min(room, rate.allowance(running));
      return running > 0 || now() < pausedUntil ? 0 : Math.min(room, 1);
    },
    succeeded() {
      rate.settled(true);
      failures = 0;
      // It was on its way when Notion set the limit.
      if (isLimit && now() < pausedUntil) return;
      pauses = 0;
      pausedUntil = 0;
      lastFailure = undefined;
    },
    blames: (error) => pauses > 0 && speaksAgainstNotion(error),
    longestWait(error, attempts) {
      const isSuspected = pauses > 0 || attempts <= failures;
      return speaksAgainstNotion(error) && isSuspected
        ? Math.max(LONGEST_PAUSE, 2 * minDelay)
        : Number.POSITIVE_INFINITY;
    },
    failed(error) {
      lastFailure = failureCode(error);
      rate.settled(false);
      if (!(error instanceof NotionApiError) || error.code === "notion_rejected" || error.code === "invalid_grant")
        return;
      failures += 1;
      const isProbe = pauses > 0 && now() >= pausedUntil;
      if (!isProbe && (pauses > 0 || failures < (rate.isLimited ? LIMITED_THRESHOLD : THRESHOLD))) return;
      pauses += 1;
      const told = limitOf(error);
      isLimit = told !== undefined;
      if (told !== undefined) {
        // Several connections may have been limited, each by itself: one probe tells, before all others wait for long.
        pausedUntil = now() + Math.min(told, pauses === 1 ? LONGEST_PAUSE : maxDelay);
        return rate.lower(pausedUntil);
      }
      const cap = Math.min(LONGEST_PAUSE, minDelay * 2 ** Math.min(pauses, 20));
      pausedUntil = now() + cap / 2 + random() * (cap / 2);
    },
  };
}

/** How long Notion asks to wait that limits what is asked of it, in ms. */
function limitOf(error: NotionApiError): number | undefined {
  return error.code === "notion_rate_limited" && error.retryAfter ? error.retryAfter : undefined;
}

/** An answer that tells when to come again is obeyed, and a refusal is about one token. */
function speaksAgainstNotion(error: unknown): boolean {
  if (!(error instanceof NotionApiError) || error.retryAfter) return false;
  return error.code === "notion_timeout" || error.code === "notion_unreachable" || error.code === "notion_unavailable";
}
