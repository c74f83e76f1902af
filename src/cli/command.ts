/**
 * A subcommand: takes the arguments after its name and the environment, resolves with the exit code once it is done. 1 is something that it has
 * found; it rejects when it could not be done, which is 2.
 */
export type Command = (args: readonly string[], env: Environment) => Promise<number>;

/** The environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What was typed cannot be understood: a pointer to `--help` goes with it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads what was typed. @throws UsageError in place of what `parse` throws */
export function orUsageError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "The options cannot be read.");
  }
}
