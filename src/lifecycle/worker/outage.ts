import { NotionApiError } from "../../errors.js";
import { failureCode } from "../../support/failure-code.js";

/** How many different entries have to fail in a row before Notion itself, not an entry, is taken to be the cause. */
const THRESHOLD = 5;

/** The longest pause between two probes, in ms: what waits has to die soon after Notion is back. */
const LONGEST_PAUSE = 5000;

/**
 * Tells an outage of Notion from the failure of single entries, and paces the worker: pause, then one probe, then either full speed or another
 * pause. Without it, ten thousand waiting entries would hammer a service that is down.
 */
export interface Outage {
  /** Whether Notion is taken to be down. */
  readonly isOn: boolean;
  /** The code of the last failure, for reports. */
  readonly lastFailure: string | undefined;
  /** How many entries may be taken now, of those the worker has room for, while so many are running. */
  allowance(room: number, running: number): number;
  /** How long until the next probe may go out, in ms; 0 when there is no outage. */
  pause(): number;
  succeeded(): void;
  failed(id: string, error: unknown): void;
}

/** @param now a clock that is never set back, in ms */
export function createOutage(now: () => number, random: () => number, minDelay: number): Outage {
  const failing = new Set<string>();
  let pauses = 0;
  let pausedUntil = 0;
  let lastFailure: string | undefined;
  return {
    get isOn() {
      return pauses > 0;
    },
    get lastFailure() {
      return lastFailure;
    },
    pause: () => Math.max(0, pausedUntil - now()),
    allowance(room, running) {
      if (pauses === 0) return room;
      return running > 0 || now() < pausedUntil ? 0 : Math.min(room, 1);
    },
    succeeded() {
      failing.clear();
      pauses = 0;
      pausedUntil = 0;
      lastFailure = undefined;
    },
    failed(id, error) {
      lastFailure = failureCode(error);
      // A refusal of this one token says that Notion works.
      if (!(error instanceof NotionApiError) || error.code === "notion_rejected" || error.code === "invalid_grant")
        return;
      failing.add(id);
      const isProbe = pauses > 0 && now() >= pausedUntil;
      if (!isProbe && (pauses > 0 || failing.size < THRESHOLD)) return;
      pauses += 1;
      failing.clear();
      const cap = Math.min(LONGEST_PAUSE, minDelay * 2 ** Math.min(pauses, 20));
      pausedUntil = now() + cap / 2 + random() * (cap / 2);
    },
  };
}
