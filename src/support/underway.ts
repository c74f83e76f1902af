/** Work that must not be cut off when the process ends: Notion may be issuing tokens at this moment, and nobody else will know them. */
export interface Underway {
  /** Counts the work until it settles; hands the promise back. */
  follow<T>(work: Promise<T>): Promise<T>;
  /** How much is under way. */
  readonly size: number;
  /** Resolves when nothing is under way. Never rejects. */
  over(): Promise<void>;
}

export function createUnderway(): Underway {
  const all = new Set<Promise<unknown>>();
  return {
    follow(work) {
      all.add(work);
      const forget = () => void all.delete(work);
      work.then(forget, forget);
      return work;
    },
    get size() {
      return all.size;
    },
    async over() {
      while (all.size > 0) await Promise.allSettled(all);
    },
  };
}
