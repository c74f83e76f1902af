import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "./clock.js";
import { type Random, seededRandom } from "./random.js";

/** What a step reads and writes. A name that ends with `*` stands for all that begin like it. */
export interface Footprint {
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  /** Indexes that it writes to. Two that do commute; one that looks into the index does not. */
  readonly indexed?: readonly string[];
  readonly looks?: readonly string[];
}

/** A step that waits to be taken. */
export interface Step {
  readonly actor: string;
  /** The same in each run in which the same was done before. */
  readonly label: string;
  readonly footprint: Footprint;
}

interface Waiting extends Step {
  readonly go: () => void;
}

/** Says which of the waiting steps is next; undefined: the rest of this run is of no interest. */
export type Choose = (waiting: readonly Step[]) => Step | undefined;

// One for all: each further one makes every promise of the process dearer.
const actors = new AsyncLocalStorage<{ readonly actor: string; readonly gates: Gates }>();

/** Holds the steps of actors until a scheduler lets them go on, one at a time. What no actor does is never held. */
export class Gates {
  readonly #counts = new Map<string, number>();
  readonly #unfinished = new Set<string>();
  readonly trace: string[] = [];
  #waiting: Waiting[] = [];

  /** Runs what follows as this actor. */
  as<T>(actor: string, run: () => T): T {
    return actors.run({ actor, gates: this }, run);
  }

  /** Who does what is done now. */
  get actor(): string | undefined {
    const store = actors.getStore();
    return store?.gates === this && this.#unfinished.has(store.actor) ? store.actor : undefined;
  }

  /** Who set going what is done now, also when that one has ended. */
  get origin(): string | undefined {
    return actors.getStore()?.actor;
  }

  /** Waits until it is this step's turn. */
  wait(name: string, footprint: Footprint): Promise<void> | undefined {
    const { actor } = this;
    if (actor === undefined) return undefined;
    const count = (this.#counts.get(`${actor} ${name}`) ?? 0) + 1;
    this.#counts.set(`${actor} ${name}`, count);
    const label = `${actor}: ${name}${count > 1 ? ` (${count})` : ""}`;
    return new Promise((go) => this.#waiting.push({ actor, label, footprint, go }));
  }

  /** Runs the actors together, in the order that `choose` says. @returns whether it was of interest to the end */
  async run(clock: Clock, acts: Readonly<Record<string, () => Promise<unknown>>>, choose: Choose): Promise<boolean> {
    let isOfInterest = true;
    for (const actor of Object.keys(acts)) this.#unfinished.add(actor);
    const all = Object.entries(acts).map(([actor, act]) =>
      this.as(actor, async () => {
        try {
          await this.wait("begins", {});
          await act();
        } finally {
          this.#unfinished.delete(actor);
          clock.stir();
          // What a request leaves to be done after its answer goes on freely.
          this.#release((one) => one.actor === actor);
        }
      }),
    );
    const work = Promise.all(all);
    work.catch(() => {});
    while (this.#unfinished.size > 0) {
      await clock.settled();
      if (this.#unfinished.size === 0) break;
      if (this.#waiting.length === 0) {
        await clock.until(
          () => this.#waiting.length > 0 || this.#unfinished.size === 0,
          `a step after ${this.trace.join(", ")}`,
        );
        continue;
      }
      const next = isOfInterest ? choose(this.#waiting) : undefined;
      if (next === undefined) {
        isOfInterest = false;
        this.#release(() => true);
        continue;
      }
      this.trace.push(next.label);
      this.#release((one) => one === next);
    }
    await work;
    return isOfInterest;
  }

  #release(which: (one: Waiting) => boolean): void {
    const released = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((one) => !released.includes(one));
    for (const { go } of released) go();
  }
}

interface Node {
  /** Steps that need not be tried here: another order with the same effect has been. */
  readonly asleep: readonly Step[];
  readonly enabled: readonly Step[];
  readonly tried: Step[];
  chosen: Step;
}

export interface Tried {
  /** Orders that were carried out, of which no two have the same effect for certain. */
  orders: number;
  /** Orders that were broken off: one with the same effect had been tried. */
  redundant: number;
  /** Whether these are all. If not, as many were drawn at random. */
  isAll: boolean;
  seed: number;
}

/**
 * Tries all orders of some steps, up to those that differ only by steps that have nothing to do with each other (sleep sets: Godefroid, "Partial-Order
 * Methods for the Verification of Concurrent Systems", 1996). When there are more than `limit`, half of them in this way and half at random.
 */
export async function tryOrders(
  {
    limit,
    seed,
    onlyAtRandom = false,
  }: { readonly limit: number; readonly seed: number; readonly onlyAtRandom?: boolean },
  run: (choose: Choose) => Promise<() => void>,
): Promise<Tried> {
  const tried: Tried = { orders: 0, redundant: 0, isAll: true, seed };
  const path: Node[] = [];
  for (let isFirst = true; isFirst || path.length > 0; isFirst = false) {
    if (onlyAtRandom || tried.orders >= limit / 2 || tried.redundant > limit) {
      tried.isAll = false;
      break;
    }
    let depth = 0;
    let isRedundant = false;
    const check = await run((waiting) => {
      const node = path[depth] ?? extend(path, waiting);
      if (node === undefined) {
        isRedundant = true;
        return undefined;
      }
      depth += 1;
      const step = waiting.find(({ label }) => label === node.chosen.label);
      if (step === undefined)
        throw new Error(
          `The same order came out differently: no ${node.chosen.label} among ${waiting.map(({ label }) => label)}`,
        );
      return step;
    });
    if (isRedundant) tried.redundant += 1;
    else {
      tried.orders += 1;
      check();
    }
    backtrack(path);
  }
  const random = seededRandom(seed);
  for (let count = 0; !tried.isAll && count < limit / 2; count++) {
    (await run(atRandom(random)))();
    tried.orders += 1;
  }
  return tried;
}

/** Steps in any order, with long runs of one actor and short ones. */
export function atRandom(random: Random): Choose {
  let favourite: string | undefined;
  return (waiting) => {
    if (random.chance(0.3)) favourite = undefined;
    const own = waiting.filter(({ actor }) => actor === favourite);
    const step = random.pick(own.length > 0 ? own : waiting);
    favourite = step.actor;
    return step;
  };
}

/** Which actor goes on, and up to which of its steps, that one included; to its end without one. */
export type Leg = readonly [actor: string, step?: string];

/** Steps in one order: leg by leg, and what is left in any order. */
export function inLegs(legs: readonly Leg[]): Choose {
  let at = 0;
  return (waiting) => {
    for (; at < legs.length; at++) {
      const [actor, last] = legs[at] as Leg;
      const step = waiting.find((one) => one.actor === actor);
      if (step === undefined) continue;
      if (step.label === `${actor}: ${last}`) at += 1;
      return step;
    }
    return waiting[0];
  };
}

function extend(path: Node[], waiting: readonly Step[]): Node | undefined {
  const last = path.at(-1);
  const before = last === undefined ? [] : [...last.asleep, ...last.tried];
  const asleep = before.filter((step) => last !== undefined && areIndependent(step, last.chosen));
  const chosen = waiting.find(({ label }) => !asleep.some((step) => step.label === label));
  if (chosen === undefined) return undefined;
  const node = { asleep, enabled: [...waiting], tried: [], chosen };
  path.push(node);
  return node;
}

function backtrack(path: Node[]): void {
  for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
    node.tried.push(node.chosen);
    const done = [...node.tried, ...node.asleep];
    const next = node.enabled.find(({ label }) => !done.some((step) => step.label === label));
    if (next !== undefined) {
      node.chosen = next;
      return;
    }
    path.pop();
  }
}

function areIndependent(one: Step, other: Step): boolean {
  const [a, b] = [one.footprint, other.footprint];
  return !(
    meet(a.writes, b.writes) ||
    meet(a.writes, b.reads) ||
    meet(a.reads, b.writes) ||
    meet(a.indexed, b.looks) ||
    meet(a.looks, b.indexed)
  );
}

function meet(some: readonly string[] = [], others: readonly string[] = []): boolean {
  return some.some((one) => others.some((other) => covers(one, other) || covers(other, one)));
}

function covers(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
