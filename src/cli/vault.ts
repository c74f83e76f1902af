import { type Command, type Environment, UsageError } from "./command.js";
import { writeHelp } from "./fit-help.js";
import { engines } from "./vault/engines.js";
import { displayOf, enginesIn, type Flags, locate, parseFlags } from "./vault/flags.js";
import { withPlace } from "./vault/open-place.js";
import { write } from "./vault/output.js";
import { retryRevocations } from "./vault/retry-revocations.js";
import { showFailed, showWaiting } from "./vault/show-revocations.js";
import { timeOption } from "./vault/time-option.js";
import { USAGE } from "./vault/usage.js";

/** `npx express-notion-oauth vault`. */
export const vaultCommand: Command = async (args, env) => {
  const { values: flags, positionals } = parseFlags(args);
  if (flags.help === true || positionals[0] === "help") {
    writeHelp(USAGE);
    return 0;
  }
  const [name, ...rest] = positionals;
  const run = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (run === undefined)
    throw new UsageError(name === undefined ? "Say what to do." : `There is no command ${JSON.stringify(name)}.`);
  if (name !== "retry" && rest.length > 0) throw new UsageError(`\`${name}\` takes no ${JSON.stringify(rest[0])}.`);
  return run(flags, env, rest);
};

const COMMANDS: Readonly<Record<string, (flags: Flags, env: Environment, ids: readonly string[]) => Promise<number>>> =
  {
    list(flags, env) {
      const display = displayOf(flags);
      return withPlace(locate(flags, env), (open) => showWaiting(open, display));
    },
    failed(flags, env) {
      const display = displayOf(flags);
      return withPlace(locate(flags, env), (open) => showFailed(open, display));
    },
    retry(flags, env, ids) {
      const isAll = flags.all === true;
      if (isAll === ids.length > 0) throw new UsageError("Give the ids to retry, or --all.");
      const display = displayOf(flags);
      return withPlace(locate(flags, env), (open) => retryRevocations(open, isAll ? "all" : ids, display));
    },
    async drain(flags, env) {
      const [{ readDrainOptions }, { drainVault }] = await Promise.all([
        import("./vault/drain-options.js"),
        import("./vault/drain-vault.js"),
      ]);
      const place = locate(flags, env);
      const timeout = timeOption("--timeout", flags.timeout);
      if (timeout === 0) throw new UsageError("--timeout must be more than nothing.");
      const options = readDrainOptions(env, {
        clientId: place.clientId,
        json: flags.json === true,
        timeout,
        progress: displayOf(flags).progress,
        baseUrl: flags["base-url"],
        revokeOnExpiry: flags["no-revoke-on-expiry"] !== true,
      });
      return withPlace(place, (open) => drainVault(open, options));
    },
    async schema(flags) {
      const asked = enginesIn(flags);
      for (const name of asked.length > 0 ? asked : Object.keys(engines))
        write(`-- ${name}\n${(await engines[name]!.load()).schema ?? "-- It needs none.\n"}`);
      return 0;
    },
  };
