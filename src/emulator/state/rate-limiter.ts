/** Counts requests per key in fixed windows. */
export class RateLimiter {
  readonly #windowMs: number;
  readonly #counts = new Map<string, number>();
  #window = Number.NaN;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  clear(): void {
    this.#counts.clear();
  }

  /** Counts one request. Returns the seconds to wait when it is over the limit. */
  take(key: string, limit: number, now: number): number | undefined {
    const window = Math.floor(now / this.#windowMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#counts.clear();
    }
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= limit) return undefined;
    return Math.max(1, Math.ceil(((window + 1) * this.#windowMs - now) / 1000));
  }
}
