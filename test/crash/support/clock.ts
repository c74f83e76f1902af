import { vi } from "vitest";
import { onTestFinished } from "../../support/on-test-finished.js";

/** So many turns of the event loop without any activity, and everybody waits for somebody else. */
const QUIET_TURNS = 4;

/**
 * Time that passes only when nothing else can happen: a deadline of seconds costs none, and an order of steps is not a matter of how busy the
 * machine is. Sockets of the kernel have no part in it.
 */
export interface Clock {
  /** Somebody did something. */
  stir(): void;
  /** Resolves when everybody waits: for a gate, or for time to pass. */
  settled(): Promise<void>;
  /** Lets time pass until `isTrue`, from timer to timer. @throws Error when that takes longer than `most` ms of this clock */
  until(isTrue: () => boolean, what: string, most?: number): Promise<void>;
  /** Waits for `work`, with time passing only when nothing else happens. */
  await<T>(work: Promise<T>, what?: string, most?: number): Promise<T>;
  /** Lets so many ms pass. */
  pass(ms: number): Promise<void>;
}

export function virtualClock(): Clock {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  let activity = 0;

  const clock: Clock = {
    stir() {
      activity += 1;
    },
    async settled() {
      for (let quiet = 0, before = activity; quiet < QUIET_TURNS; quiet = before === activity ? quiet + 1 : 0) {
        before = activity;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async until(isTrue, what, most = 600_000) {
      const end = performance.now() + most;
      for (;;) {
        await clock.settled();
        if (isTrue()) return;
        if (performance.now() > end || vi.getTimerCount() === 0) throw new Error(`Not in time: ${what}`);
        vi.advanceTimersToNextTimer();
      }
    },
    async await(work, what = "it", most) {
      let isOver = false;
      const over = () => {
        isOver = true;
      };
      work.then(over, over);
      await clock.until(() => isOver, what, most);
      return work;
    },
    async pass(ms) {
      let left = ms;
      // Not in one go: what a timer sets going may set another timer.
      while (left > 0) {
        const step = Math.min(left, Math.max(1000, ms / 50));
        await vi.advanceTimersByTimeAsync(step);
        await clock.settled();
        left -= step;
      }
    },
  };
  return clock;
}
