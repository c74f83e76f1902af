import { describe, expect, test } from "vitest";
import { inProcessLock } from "../../src/lifecycle/in-process-lock.js";
import { lockContract } from "../../src/testing/index.js";

describe("inProcessLock", () => {
  const setup = async () => ({ lock: inProcessLock(), close: async () => {} });
  test.concurrent.for(lockContract(setup).map((check) => [check.name, check] as const))("%s", ([, check]) =>
    check.run(),
  );

  test("lets callers run in the order they came", async () => {
    const lock = inProcessLock();
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => lock("key", 1000, async () => order.push(n))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test("a caller who comes while the last one leaves still waits", async () => {
    const lock = inProcessLock();
    let inside = 0;
    const enter = async (): Promise<void> => {
      inside += 1;
      expect(inside).toBe(1);
      await Promise.resolve();
      inside -= 1;
    };
    const first = lock("key", 1000, enter);
    const next = first.then(() => lock("key", 1000, enter));
    await Promise.all([first, next, lock("key", 1000, enter), first.finally(() => lock("key", 1000, enter))]);
  });

  test("two locks know nothing of each other", async () => {
    const [one, two] = [inProcessLock(), inProcessLock()];
    expect(await one("key", 1000, () => two("key", 1000, async () => "inside"))).toBe("inside");
  });
});
