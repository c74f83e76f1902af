import { AssertionError } from "node:assert";
import { describe, expect, test } from "vitest";
import type { ContractCase } from "../../src/testing/contract-case.js";
import { revocationQueueContract } from "../../src/testing/revocation-queue-contract.js";
import { type Defect, defects, looseQueue } from "./loose-queue.js";

function contractOf(defect?: Defect): readonly ContractCase[] {
  return revocationQueueContract(async () => {
    let time = 1_700_000_000_000;
    const now = () => time;
    const storage = new Map();
    return {
      queue: looseQueue(storage, now, defect),
      now,
      advance: (ms) => {
        time += ms;
      },
      reopen: async () => {
        const apart = defect === "durable is a lie" || defect === "storage is not shared";
        return looseQueue(apart ? new Map() : storage, now, defect);
      },
      // A defect need not be waited for as long as a busy machine.
      ...(defect !== undefined && { patience: 300 }),
      close: async () => {},
    };
  });
}

async function failuresOf(cases: readonly ContractCase[]): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>();
  await Promise.all(cases.map(({ name, run }) => run().catch((error: unknown) => failures.set(name, error))));
  return failures;
}

describe("revocationQueueContract", () => {
  test("passes a queue that keeps the contract", async () => {
    expect(await failuresOf(contractOf())).toEqual(new Map());
  });

  test("gives every case a name of its own", () => {
    const names = contractOf().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(50);
  });

  test("closes what it opened, also when a case fails", async () => {
    let open = 0;
    const cases = revocationQueueContract(async () => {
      const count = () => {
        open += 1;
        const queue = looseQueue(new Map(), Date.now, "storage is not shared");
        return {
          ...queue,
          close: async () => {
            open -= 1;
          },
        };
      };
      const queue = count();
      return { queue, reopen: async () => count(), close: () => queue.close() };
    });
    const shared = cases.filter(({ name }) => name.includes("cancel on the other queue"));
    expect((await failuresOf(shared)).size).toBe(1);
    expect(open).toBe(0);
  });

  describe("catches a queue of which", () => {
    for (const [defect, noticedBy] of Object.entries(defects) as [Defect, string][]) {
      test.concurrent(defect, async () => {
        const failures = await failuresOf(contractOf(defect));
        expect([...failures.keys()].filter((name) => name.startsWith(noticedBy))).not.toEqual([]);
        for (const error of failures.values()) {
          if (defect !== "acknowledge rejects unknown ids") expect(error).toBeInstanceOf(AssertionError);
        }
      });
    }
  });
});
