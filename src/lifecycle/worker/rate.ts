/** How long what was confirmed is counted before it counts as earlier, in ms. */
const PERIOD = 2000;
/** How long after a limit the rate has doubled, in ms. It grows ever faster: the limit may have been another one's doing. */
const DOUBLED = 10_000;
/** How long after a limit nothing is known of it any more, in ms. */
const FORGOTTEN = 60_000;
/** What is left of a rate that was too high. */
const LESS = 0.7;
/** The lowest rate, in entries a ms: a lower one would take too long to grow. */
const LOWEST = 1 / 1000;

/** At which rate entries are tried: at any, until Notion limits the client. From then on, at what Notion has taken, and carefully more. */
export interface Rate {
  /** Whether Notion has limited the client not long ago. */
  readonly isLimited: boolean;
  /** How many more entries may be tried now, while so many are running. */
  allowance(running: number): number;
  /** How long until one more may be tried, in ms. */
  pause(running: number): number;
  /** A try is over. */
  settled(isConfirmed: boolean): void;
  /** Notion takes no more until then. */
  lower(until: number): void;
}

/** @param now a clock that is never set back, in ms */
export function createRate(now: () => number): Rate {
  let rate = Number.POSITIVE_INFINITY;
  let since = 0;
  let tried = 0;
  let earlier = { from: now(), confirmed: 0 };
  let current = { from: now(), confirmed: 0 };

  const elapsed = () => Math.max(0, now() - since);
  const growth = () => 1 + (elapsed() / DOUBLED) ** 2;
  /** How many may have been tried by now: the first at once, and then the integral of rate and growth. */
  const budget = () => 1 + rate * (elapsed() + elapsed() ** 3 / (3 * DOUBLED ** 2));
  const isLimited = () => rate !== Number.POSITIVE_INFINITY && elapsed() < FORGOTTEN;

  /** A background of single revocations says nothing of how many Notion takes: only what was confirmed lately counts. */
  function forget(): void {
    const age = now() - current.from;
    if (age < PERIOD) return;
    earlier = age < 2 * PERIOD ? current : { from: now(), confirmed: 0 };
    current = { from: now(), confirmed: 0 };
  }

  return {
    get isLimited() {
      return isLimited();
    },
    allowance(running) {
      return isLimited() ? Math.max(0, Math.floor(budget() - tried - running)) : Number.POSITIVE_INFINITY;
    },
    pause(running) {
      return isLimited() ? Math.max(0, tried + running + 1 - budget()) / (rate * growth()) : 0;
    },
    settled(isConfirmed) {
      forget();
      if (isConfirmed) current.confirmed += 1;
      // What was on its way when Notion set the limit is not one of those that came after it.
      if (now() >= since) tried += 1;
    },
    lower(until) {
      forget();
      const confirmed = earlier.confirmed + current.confirmed;
      // Where the first one is refused, or none was confirmed, nothing is learned of how many Notion takes.
      if (isLimited()) rate = tried > 1 ? rate * growth() * LESS : rate;
      else rate = confirmed > 0 ? confirmed / (until - earlier.from) : Number.POSITIVE_INFINITY;
      rate = Math.max(rate, LOWEST);
      since = until;
      tried = 0;
    },
  };
}
