import { timerFor } from "../timer.js";

/** A lease that is being kept. */
export interface KeptLease {
  /** Ends the renewals. */
  stop(): void;
}

/**
 * Renews a lease every third of its length, so that two renewals may fail before it ends.
 *
 * It gives up when the lease turns out to belong to nobody or somebody else (`renew` resolves with false), or was not
 * renewed for its whole length: from then on others may hold the lock. Then `onLost` is called, once.
 */
export function keepLease(lease: {
  ttlMs: number;
  /** When the lease began at the earliest, by the same clock. */
  since: number;
  now: () => number;
  renew: () => Promise<boolean>;
  onLost: (cause?: unknown) => void;
}): KeptLease {
  const { ttlMs, now } = lease;
  let provenAt = lease.since;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  function schedule(from: number): void {
    timer = setTimeout(renew, timerFor(from + ttlMs / 3 - now()));
    timer.unref();
  }

  async function renew(): Promise<void> {
    const startedAt = now();
    let held = true;
    let failure: unknown;
    try {
      held = await lease.renew();
      // The server counts from when it got the command, which is later than this.
      provenAt = held ? startedAt : provenAt;
    } catch (error) {
      failure = error;
    }
    if (stopped) {
      return;
    }
    if (held && now() - provenAt < ttlMs) {
      schedule(startedAt);
    } else {
      stopped = true;
      lease.onLost(failure);
    }
  }

  schedule(lease.since);
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
