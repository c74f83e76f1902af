import { DueHeap, type Scheduled } from "./due-heap.js";
import type { EntryState, NewEntry } from "./vault.js";

/** An entry on its {@link Shelf}. Written in place: what is given out is made of it at that moment. */
export interface Held extends Scheduled {
  readonly id: string;
  version: number;
  state: EntryState;
  /** Copies of what was passed in, frozen, and given out as they are. */
  keys: readonly string[];
  data: object;
  /** When it is due, in ms on the shelf's clock; `Infinity` when never. */
  at: number;
}

/** Entries of one client, or the marks of all, with the indexes that the memory vault finds them by. */
export class Shelf {
  readonly byId = new Map<string, Held>();
  readonly byState = new Map<EntryState, Set<Held>>();
  readonly due = new DueHeap<Held>();
  /** Nearly all keys stand in one entry only, and 400,000 sets of one would be heavy. */
  readonly #byKey = new Map<string, Held | Set<Held>>();

  withKey(key: string): readonly Held[] {
    const found = this.#byKey.get(key);
    if (found === undefined) return [];
    return found instanceof Set ? [...found] : [found];
  }

  /** Puts a new entry in. Its id has to be free. */
  add({ id, state, dueIn, keys, data }: NewEntry, version: number, now: number): void {
    const at = dueAt(dueIn, now);
    const held: Held = { id, version, state, keys: frozen(keys), data: frozen(data), at, place: undefined };
    this.byId.set(id, held);
    for (const key of held.keys) this.#addKey(key, held);
    this.#addState(held);
    this.schedule(held, at);
  }

  /** Writes an entry in place of the one with its id. */
  write(held: Held, { state, dueIn, keys, data }: NewEntry, now: number): void {
    held.version += 1;
    if (held.state !== state) {
      this.byState.get(held.state)!.delete(held);
      held.state = state;
      this.#addState(held);
    }
    // Whoever changes one field passes the others on as it got them.
    if (held.keys !== keys) {
      for (const key of held.keys) this.#removeKey(key, held);
      held.keys = frozen(keys);
      for (const key of held.keys) this.#addKey(key, held);
    }
    if (held.data !== data) held.data = frozen(data);
    this.schedule(held, dueAt(dueIn, now));
  }

  remove(held: Held): void {
    this.byId.delete(held.id);
    for (const key of held.keys) this.#removeKey(key, held);
    this.byState.get(held.state)!.delete(held);
    this.due.remove(held);
  }

  schedule(held: Held, at: number): void {
    const isDueSometime = at !== Number.POSITIVE_INFINITY;
    if (isDueSometime && held.place !== undefined) return this.due.move(held, at);
    this.due.remove(held);
    held.at = at;
    if (isDueSometime) this.due.push(held);
  }

  #addState(held: Held): void {
    const known = this.byState.get(held.state);
    if (known === undefined) this.byState.set(held.state, new Set([held]));
    else known.add(held);
  }

  #addKey(key: string, held: Held): void {
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, held);
    else if (known instanceof Set) known.add(held);
    else if (known !== held) this.#byKey.set(key, new Set([known, held]));
  }

  #removeKey(key: string, held: Held): void {
    const known = this.#byKey.get(key);
    if (known instanceof Set) {
      known.delete(held);
      if (known.size === 0) this.#byKey.delete(key);
    } else if (known === held) {
      this.#byKey.delete(key);
    }
  }
}

function dueAt(dueIn: number | null, now: number): number {
  return dueIn === null ? Number.POSITIVE_INFINITY : now + dueIn;
}

function frozen<T extends object>(value: T): T {
  if (Object.isFrozen(value)) return value;
  // Not `{ ...value }`: in Node 20, each copy of that kind that is frozen gets a hidden class of its own, and whatever reads it is slow.
  return Object.freeze(Array.isArray(value) ? ([...value] as unknown as T) : Object.assign({}, value));
}
