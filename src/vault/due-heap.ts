/** What a {@link DueHeap} orders. The two fields belong to the heap while the item is in it. */
export interface Scheduled {
  /** When the item is due, in ms on the clock of whoever fills the heap. Set before `push`, changed by `move` alone while the item is in. */
  at: number;
  /** Where in the heap the item is; undefined outside. */
  place: number | undefined;
}

/**
 * Items by due time, earliest first. Every item knows its place, so any of them leaves in O(log n): what is written again long
 * before it is due (a session in use) leaves nothing behind.
 */
export class DueHeap<Item extends Scheduled> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The earliest item. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Gives an item that is in the heap another time. */
  move(item: Item, at: number): void {
    const isEarlier = at < item.at;
    item.at = at;
    if (isEarlier) this.#rise(item, item.place!);
    else this.#sink(item, item.place!);
  }

  /** Takes the item out; nothing happens when it is not in a heap. */
  remove(item: Item): void {
    const place = item.place;
    if (place === undefined) return;
    item.place = undefined;
    const last = this.#items.pop()!;
    if (last === item) return;
    if (last.at < item.at) this.#rise(last, place);
    else this.#sink(last, place);
  }

  #rise(item: Item, from: number): void {
    let place = from;
    while (place > 0) {
      const parentPlace = (place - 1) >> 1;
      const parent = this.#items[parentPlace]!;
      if (parent.at <= item.at) break;
      this.#put(parent, place);
      place = parentPlace;
    }
    this.#put(item, place);
  }

  #sink(item: Item, from: number): void {
    let place = from;
    for (;;) {
      const leftPlace = 2 * place + 1;
      const left = this.#items[leftPlace];
      if (left === undefined) break;
      const right = this.#items[leftPlace + 1];
      const [child, childPlace] =
        right !== undefined && right.at < left.at ? [right, leftPlace + 1] : [left, leftPlace];
      if (item.at <= child.at) break;
      this.#put(child, place);
      place = childPlace;
    }
    this.#put(item, place);
  }

  #put(item: Item, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }
}
