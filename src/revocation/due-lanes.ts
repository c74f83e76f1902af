import { DueHeap, type Scheduled } from "./due-heap.js";

/** A job in the lanes. `lane` belongs to the lanes. */
export interface LaneItem extends Scheduled {
  lane: DueHeap<LaneItem> | undefined;
}

/**
 * Decides which job is next. Jobs that were tried before and jobs that were not wait in lanes of their own, which take
 * turns: thousands of retries after an outage do not delay the logout of this second, nor does a stream of logouts
 * starve the retries. Leased jobs wait in a third one for their lease to end. All operations are O(log n).
 */
export class DueLanes<Item extends LaneItem> {
  readonly #untried = new DueHeap<LaneItem>();
  readonly #tried = new DueHeap<LaneItem>();
  /** Ordered by the end of the lease. */
  readonly #leased = new DueHeap<LaneItem>();
  #turn = this.#untried;

  /** Puts the item, wherever it was, among the waiting ones. */
  wait(item: Item, dueAt: number, tried: boolean): void {
    this.#move(item, tried ? this.#tried : this.#untried, dueAt);
  }

  /** Puts the item, wherever it was, among the leased ones. */
  lease(item: Item, until: number): void {
    this.#move(item, this.#leased, until);
  }

  remove(item: Item): void {
    this.#move(item, undefined, item.at);
  }

  /** Whether a lease on the item holds at `time`. */
  isLeased(item: Item, time: number): boolean {
    return item.lane === this.#leased && item.at > time;
  }

  /** Takes the next item that is due at `time` out of the lanes. */
  next(time: number): Item | undefined {
    this.#endLeases(time);
    const other = this.#turn === this.#untried ? this.#tried : this.#untried;
    for (const lane of [this.#turn, other]) {
      const item = lane.peek();
      if (item === undefined || item.at > time) continue;
      this.#turn = lane === this.#untried ? this.#tried : this.#untried;
      this.#move(item, undefined, item.at);
      return item as Item;
    }
    return undefined;
  }

  /** When `next` may have something to give: the earliest due time, or the earliest end of a lease if that comes first. */
  nextAt(): number | undefined {
    const times = [this.#untried, this.#tried, this.#leased].flatMap((lane) => lane.peek()?.at ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Jobs whose lease ended queue up behind what was due before, among the tried ones: what ended it may happen again. */
  #endLeases(time: number): void {
    for (let item = this.#leased.peek(); item !== undefined && item.at <= time; item = this.#leased.peek()) {
      this.#move(item, this.#tried, item.at);
    }
  }

  #move(item: LaneItem, lane: DueHeap<LaneItem> | undefined, at: number): void {
    item.lane?.remove(item);
    item.lane = lane;
    item.at = at;
    lane?.push(item);
  }
}
