/** What a vault says of a call that it has given up. */
const LATE = /did not answer|timeout exceeded|statement timeout|connection timeout|database is locked/;
/** How often a case may be late. */
const TIMES = 5;

/** Runs a case of the contract again when the vault has given up a call: on a machine that is busy, that says nothing about what the call does. */
export function unlessLate(run: () => Promise<void>): () => Promise<void> {
  return async () => {
    for (let time = 1; ; time += 1) {
      try {
        return await run();
      } catch (error) {
        if (time === TIMES || !(error instanceof Error) || !LATE.test(error.message)) throw error;
      }
    }
  };
}
