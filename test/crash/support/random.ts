import { randomInt } from "node:crypto";

/** Chance that comes out the same for the same seed. */
export interface Random {
  /** 0 to below 1. */
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
  };
}

/** Whether `CRASH_SEED` says which random choices are made: those of a run that printed it. */
export const isReplay = process.env.CRASH_SEED !== undefined;

/** What random choices begin with. Each run draws another, so that what was tried adds up over runs; what failed tells it. */
export const SEED = isReplay ? Number(process.env.CRASH_SEED) : randomInt(1, 1_000_000);

/** How much more than by default is done: `npm run test:crash` for the full scale. */
export const scale = Math.max(1, Number(process.env.CRASH_ROUNDS ?? 1));

/** Keeps one of so many items, by chance, and with CRASH_ROUNDS all: `items.filter(oneIn(5))`. */
export const oneIn = (many: number) => (_item: unknown, index: number) => scale > 1 || index % many === SEED % many;
