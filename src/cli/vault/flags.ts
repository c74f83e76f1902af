import { parseArgs } from "node:util";
import { type Environment, orUsageError, UsageError } from "../command.js";
import type { Location, Named } from "./engine.js";
import { engineFlags, engines } from "./engines.js";
import { liftIds } from "./lift-ids.js";
import type { Display } from "./show-revocations.js";
import { timeOption } from "./time-option.js";

/** @throws UsageError */
export function parseFlags(args: readonly string[]) {
  const { ids, others } = liftIds(args);
  const { values, positionals } = orUsageError(() =>
    parseArgs({
      args: others.map(nameOnly),
      strict: true,
      allowPositionals: true,
      options: {
        ...engineFlags,
        "client-id": { type: "string" },
        "key-prefix": { type: "string" },
        limit: { type: "string" },
        json: { type: "boolean" },
        all: { type: "boolean" },
        timeout: { type: "string" },
        progress: { type: "string" },
        "base-url": { type: "string" },
        "no-revoke-on-expiry": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }),
  );
  return { values, positionals: [...positionals, ...ids] };
}

/** `schema` needs no place, only the name of an engine: the last argument may be one without a value. */
function nameOnly(arg: string, index: number, args: readonly string[]): string {
  const isEngine = Object.keys(engines).some((name) => arg === `--${name}`);
  const next = args[index + 1];
  return isEngine && (next === undefined || next.startsWith("-")) ? `${arg}=` : arg;
}

export type Flags = ReturnType<typeof parseFlags>["values"];

/** What says where a vault is: an option named after an engine, and the prefix of names. */
type PlaceFlags = Readonly<Record<string, unknown>> & { readonly "key-prefix"?: string };

/** The engines that the command line names. */
export function enginesIn(flags: PlaceFlags): string[] {
  return Object.keys(engines).filter((name) => flags[name] !== undefined);
}

/** Where the vault is; undefined where nothing says so. @throws UsageError */
export function placeIn(flags: PlaceFlags): Named | undefined {
  const asked = enginesIn(flags);
  if (asked.length > 1) throw new UsageError(`--${asked.join(" and --")} do not go together.`);
  const [engine] = asked;
  const at = engine === undefined ? undefined : String(flags[engine]);
  if (at === "") throw new UsageError(`Say where the vault is: --${engine} ${engines[engine!]!.value}.`);
  const keyPrefix = flags["key-prefix"] ?? "";
  if (keyPrefix !== "" && engine !== "redis") throw new UsageError("--key-prefix goes with --redis only.");
  return engine === undefined || at === undefined ? undefined : { engine, at, keyPrefix };
}

/** @throws UsageError */
export function locate(flags: Flags, env: Environment): Location {
  const place = placeIn(flags);
  const options = Object.entries(engines).map(([name, { value }]) => `--${name} ${value}`);
  if (place === undefined) throw new UsageError(`Say where the vault is: ${options.join(" or ")}.`);
  const clientId = flags["client-id"] ?? env.NOTION_CLIENT_ID ?? "";
  if (clientId.trim() === "")
    throw new UsageError("Say whose revocations: --client-id, or NOTION_CLIENT_ID in the environment.");
  return { ...place, clientId };
}

/** @throws UsageError */
export function displayOf(flags: Flags): Display {
  const { limit } = flags;
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit))
    throw new UsageError("--limit must be a whole number above 0.");
  return {
    json: flags.json === true,
    limit: limit === undefined ? undefined : Number(limit),
    progress: timeOption("--progress", flags.progress),
  };
}
