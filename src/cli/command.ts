/** A subcommand: takes the arguments after its name, resolves with the exit code once it is done. */
export type Command = (args: readonly string[]) => Promise<number>;

/** What was typed cannot be understood: exit code 2 and a pointer to `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
