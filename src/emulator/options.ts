import type { Behaviour } from "./behaviour.js";
import { optionError } from "./option-error.js";
import type { EmulatedClient } from "./state/clients.js";
import type { EmulatedUser, EmulatedWorkspace } from "./state/directory.js";

/** What `createNotionEmulator` takes; everything may be left out. */
export interface NotionEmulatorOptions {
  /** Address to listen on. @default "127.0.0.1" */
  readonly host?: string;
  /** Default: `emulated-client` with the secret `emulated-secret` and any loopback redirect URI. */
  readonly clients?: readonly EmulatedClient[];
  /** Default: two workspaces, one of them without an icon. */
  readonly workspaces?: readonly EmulatedWorkspace[];
  /** Default: two people. */
  readonly users?: readonly EmulatedUser[];
  /** Switches that differ from the defaults. */
  readonly behaviour?: Partial<Behaviour>;
  /** The clock, in ms since the epoch. @default Date.now */
  readonly now?: () => number;
  /** How many requests, and how many dead tokens and used codes, are remembered. @default 100_000 */
  readonly journalLimit?: number;
  /** Whether the control API under `/__emulator/` is served. @default true */
  readonly control?: boolean;
  /** Seed for faults with a `probability`. @default 1 */
  readonly seed?: number;
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<Omit<NotionEmulatorOptions, "clients" | "workspaces" | "users">> &
  Pick<
    { [Key in keyof NotionEmulatorOptions]: NotionEmulatorOptions[Key] | undefined },
    "clients" | "workspaces" | "users"
  >;

const NAMES: ReadonlySet<string> = new Set<keyof NotionEmulatorOptions>([
  "host",
  "clients",
  "workspaces",
  "users",
  "behaviour",
  "now",
  "journalLimit",
  "control",
  "seed",
]);

/** @throws TypeError `ERR_EMULATOR_OPTION` */
export function resolveOptions(options: NotionEmulatorOptions): ResolvedOptions {
  if (typeof options !== "object" || options === null)
    throw optionError("options", "must be an object; the port is for `start(port)`");
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) throw optionError(name, `is no option; there are ${[...NAMES].join(", ")}`);
  }
  const {
    host = "127.0.0.1",
    behaviour = {},
    now = Date.now,
    journalLimit = 100_000,
    control = true,
    seed = 1,
  } = options;
  if (typeof host !== "string" || host === "") throw optionError("host", "must be an address");
  if (typeof now !== "function") throw optionError("now", "must be a function");
  if (!Number.isInteger(journalLimit) || journalLimit < 1)
    throw optionError("journalLimit", "must be a whole number above 0");
  if (typeof control !== "boolean") throw optionError("control", "must be true or false");
  if (!Number.isFinite(seed)) throw optionError("seed", "must be a number");
  const { clients, workspaces, users } = options;
  for (const [name, list] of Object.entries({ clients, workspaces, users }))
    if (list !== undefined && !Array.isArray(list)) throw optionError(name, "must be a list");
  return Object.freeze({ host, behaviour, now, journalLimit, control, seed, clients, workspaces, users });
}
