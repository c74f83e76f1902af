import { AssertionError } from "node:assert";
import { describe, expect, test } from "vitest";
import type { ContractCase } from "../../src/testing/contract-case.js";
import { vaultContract } from "../../src/testing/vault-contract.js";
import { memoryVault } from "../../src/vault/memory-vault.js";
import { type Defect, defects, emptyStorage, looseVault } from "./loose-vault.js";

function contractOf(defect?: Defect): readonly ContractCase[] {
  return vaultContract(async () => {
    const storage = emptyStorage();
    return {
      vault: looseVault(storage, defect),
      other: looseVault(defect === "storage is not shared" ? emptyStorage() : storage, defect),
      // A defect need not be waited for as long as a busy machine.
      ...(defect !== undefined && { patience: 600 }),
      close: async () => {},
    };
  });
}

async function failuresOf(cases: readonly ContractCase[]): Promise<Map<string, unknown>> {
  const failures = new Map<string, unknown>();
  await Promise.all(cases.map(({ name, run }) => run().catch((error: unknown) => failures.set(name, error))));
  return failures;
}

describe("vaultContract", () => {
  describe("passes the memory vault:", () => {
    for (const { name, run } of vaultContract(async () => ({ vault: memoryVault(), close: async () => {} }))) {
      test.concurrent(name, run);
    }
  });

  test("passes a simple vault that keeps the contract", async () => {
    expect(await failuresOf(contractOf())).toEqual(new Map());
  });

  test("gives every case a name of its own", () => {
    const names = contractOf().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(50);
  });

  test("closes all that it opened, before the storage, also when a case fails", async () => {
    for (const defect of [undefined, "insert begins at version 0"] as const) {
      let open = 0;
      let closed = 0;
      const cases = vaultContract(async () => {
        const vault = looseVault(emptyStorage(), defect);
        return {
          vault: {
            open(clientId) {
              open += 1;
              const opened = vault.open(clientId);
              return {
                ...opened,
                close: async () => {
                  open -= 1;
                },
              };
            },
          },
          close: async () => {
            expect(open).toBe(0);
            closed += 1;
          },
        };
      });
      const [first] = cases;
      const failures = await failuresOf([first!]);
      expect(failures.size).toBe(defect === undefined ? 0 : 1);
      expect(closed).toBe(1);
    }
  });

  describe("catches a vault of which", () => {
    for (const [defect, noticedBy] of Object.entries(defects) as [Defect, string][]) {
      test.concurrent(defect, async () => {
        const failures = await failuresOf(contractOf(defect));
        expect([...failures.keys()].filter((name) => name.startsWith(noticedBy))).not.toEqual([]);
        // A case fails by what it says, and not by accident.
        const accidents = [...failures.values()].filter((error) => !(error instanceof AssertionError));
        if (!["insert rejects a taken id", "close closes for all"].includes(defect)) expect(accidents).toEqual([]);
      });
    }
  });
});
