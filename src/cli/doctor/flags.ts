import { parseArgs } from "node:util";
import { orUsageError, UsageError } from "../command.js";
import { engineFlags, engines } from "../vault/engines.js";

/** What the module of `--config` says already. */
const OF_ITS_OWN = ["client-id", "redirect-uri", "base-url", "key-prefix"];

/** @throws UsageError */
export function parseFlags(args: readonly string[]) {
  const flags = read(args);
  if (flags.config === undefined) return flags;
  if (flags.config === "") throw new UsageError("Say which module: --config FILE.");
  const [other] = [...Object.keys(engines), ...OF_ITS_OWN].filter((name) => Object.hasOwn(flags, name));
  if (other !== undefined) throw new UsageError(`--config and --${other} do not go together: the module says it all.`);
  return flags;
}

function read(args: readonly string[]) {
  return orUsageError(() =>
    parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        ...engineFlags,
        config: { type: "string" },
        "key-prefix": { type: "string" },
        "client-id": { type: "string" },
        "redirect-uri": { type: "string" },
        "base-url": { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  ).values;
}

export type Flags = ReturnType<typeof parseFlags>;
