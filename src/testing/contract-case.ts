/** One case of a test battery. Runs under any test runner: `for (const { name, run } of cases) test(name, run)`. */
export interface ContractCase {
  /** What has to hold, as a sentence. */
  readonly name: string;
  /** Rejects with an `AssertionError` when the implementation breaks the contract. */
  readonly run: () => Promise<void>;
}
