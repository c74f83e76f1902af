import assert from "node:assert/strict";
import type { NewEntry, NotionVault, Vault, VaultEntry } from "../../vault/vault.js";

/** What one case works with: empty storage. */
export interface VaultSetup {
  /** The vault that is tested. */
  readonly vault: NotionVault;
  /** The same storage as another process would open it. Without it, the cases about two processes use `vault` twice. */
  readonly other?: NotionVault;
  /** How long a case waits for what has to happen, in ms. Default 10000. */
  readonly patience?: number;
  /** Called after everything that the case opened is closed. */
  close(): Promise<void>;
}

/** One case: its name says what has to hold, its body rejects when it does not. */
export type VaultCases = Readonly<Record<string, (t: VaultUnderTest) => Promise<void>>>;

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** What a clock may be off by, in ms: vaults round, and read their clock before or after ours. */
const TOLERANCE = 25;

/** What a case may take on a busy machine, in ms. */
const CASE_TIME = 30_000;

export class VaultUnderTest {
  readonly patience: number;
  /** Entries of one client, on one process and on another. */
  readonly vault: Vault;
  readonly other: Vault;
  /** Entries of another client, on the process of `vault`. */
  readonly foreign: Vault;
  readonly #setup: VaultSetup;
  readonly #opened: Vault[] = [];

  constructor(setup: VaultSetup) {
    this.#setup = setup;
    this.patience = setup.patience ?? 10_000;
    this.vault = this.open("client-1");
    this.other = this.openOther("client-1");
    this.foreign = this.open("client-2");
  }

  open(clientId: string): Vault {
    const opened = this.#setup.vault.open(clientId);
    this.#opened.push(opened);
    return opened;
  }

  openOther(clientId: string): Vault {
    const opened = (this.#setup.other ?? this.#setup.vault).open(clientId);
    this.#opened.push(opened);
    return opened;
  }

  /** Lets go of everything that was opened. */
  async letGo(): Promise<void> {
    for (const opened of this.#opened.splice(0)) await opened.close?.();
  }

  async close(): Promise<void> {
    try {
      await this.letGo();
    } finally {
      await this.#setup.close();
    }
  }

  entry(id: string, changes: Partial<NewEntry> = {}): NewEntry {
    return { id, state: "held", dueIn: null, keys: [`session:${id}`], data: { sealed: `of ${id}` }, ...changes };
  }

  async inserted(id: string, changes: Partial<NewEntry> = {}): Promise<NewEntry> {
    const entry = this.entry(id, changes);
    assert.equal(await this.vault.insert(entry), true, `inserting ${id}, which is free`);
    return entry;
  }

  /** The entry is there, on every process, as it was written. */
  async expectWritten(entry: NewEntry, version: number): Promise<void> {
    for (const vault of [this.vault, this.other]) {
      const found = await vault.get(entry.id);
      assert.ok(found, `${entry.id} has to be there`);
      expectSame(found, entry, version);
    }
  }

  async expectGone(id: string): Promise<void> {
    for (const vault of [this.vault, this.other]) assert.equal(await vault.get(id), undefined, `${id} has to be gone`);
  }
}

/** `found` is the entry in this version; its due time was written within this case. */
export function expectSame(found: VaultEntry, entry: NewEntry, version: number): void {
  const { dueIn, ...rest } = entry;
  const { dueIn: foundDueIn, version: foundVersion, ...foundRest } = found;
  assert.deepEqual({ ...foundRest }, rest);
  assert.equal(foundVersion, version, `the version of ${entry.id}`);
  if (dueIn === null) assert.equal(foundDueIn, null);
  else expectNear(foundDueIn, dueIn, performance.now() - CASE_TIME);
}

/** A delay of `ms` that was counted from some moment between `since` and now on. */
export function expectNear(actual: number | null | undefined, ms: number, since: number): void {
  const elapsed = performance.now() - since;
  assert.equal(typeof actual, "number", "a delay has to be a number");
  assert.ok(
    actual! <= ms + TOLERANCE && actual! >= ms - elapsed - TOLERANCE,
    `a delay of ${ms} ms, ${elapsed} ms ago at the most, cannot be ${actual} ms now`,
  );
}

export function idsOf(entries: readonly VaultEntry[]): string[] {
  return entries.map(({ id }) => id);
}
