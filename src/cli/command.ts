/** A subcommand: takes the arguments after its name and the environment, resolves with the exit code once it is done. */
export type Command = (args: readonly string[], env: Environment) => Promise<number>;

/** The environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What was typed cannot be understood: exit code 2 and a pointer to `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
