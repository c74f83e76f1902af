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

  test("leaves alone what is not in it", () => {
    const heap = new DueHeap<Scheduled>();
    heap.push({ at: 1, place: undefined });
    heap.remove({ at: 1, place: undefined });
    expect(heap.size).toBe(1);
  });
});
