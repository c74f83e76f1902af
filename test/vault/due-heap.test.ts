import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DueHeap, type Scheduled } from "../../src/vault/due-heap.js";

const step = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom("push", "push", "remove", "move"));
/** Long enough for heaps in which an item that takes another's place belongs further up. */
const steps = fc.array(step, { maxLength: 80, size: "max" });

describe("DueHeap", () => {
  test("gives the earliest first, whatever was put in, moved and taken out before", () => {
    fc.assert(
      fc.property(steps, (given) => {
        const heap = new DueHeap<Scheduled>();
        const inside: Scheduled[] = [];
        for (const [at, kind] of given) {
          if (kind === "move" && inside.length > 0) {
            heap.move(inside[at % inside.length]!, (at * 7) % 20);
          } else if (kind === "remove" && inside.length > 0) {
            const [item] = inside.splice(at % inside.length, 1);
            heap.remove(item!);
            expect(item!.place).toBeUndefined();
          } else {
            const item: Scheduled = { at, place: undefined };
            inside.push(item);
            heap.push(item);
          }
          expect(heap.size).toBe(inside.length);
          expect(heap.peek()?.at).toBe(inside.length === 0 ? undefined : Math.min(...inside.map((one) => one.at)));
        }
      }),
    );
  });

  test("lets what takes another's place rise where it is earlier than what stands above it", () => {
    // The left half is late and the right half early: the last item, which fills each gap, is earlier than all of the left half.
    const times = [0, 10, 1, 11, 12, 2, 3, 13, 14, 15, 16, 4, 5, 6, 7];
    const heap = new DueHeap<Scheduled>();
    const items = times.map((at): Scheduled => ({ at, place: undefined }));
    for (const item of items) heap.push(item);
    heap.remove(items[times.indexOf(11)]!);
    const order: number[] = [];
    for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
      order.push(first.at);
      heap.remove(first);
    }
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 10, 12, 13, 14, 15, 16]);
  });

  test("leaves alone what is not in it", () => {
    const heap = new DueHeap<Scheduled>();
    heap.push({ at: 1, place: undefined });
    heap.remove({ at: 1, place: undefined });
    expect(heap.size).toBe(1);
  });
});
