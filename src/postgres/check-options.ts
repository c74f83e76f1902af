import { OptionError } from "../vault/vault.js";

/** Options that were not given are `{}`. Throws an OptionError. */
export function checkOptions(given: unknown = {}): { readonly migrate: boolean } {
  if (typeof given !== "object" || given === null)
    throw new OptionError("options", "The options of `postgresVault` must be an object such as `{ migrate: true }`.");
  const [unknown] = Object.keys(given).filter((name) => name !== "migrate");
  if (unknown !== undefined)
    throw new OptionError(
      printable(unknown),
      `Unknown option \`${printable(unknown)}\` of \`postgresVault\`: there is only \`migrate\`.`,
    );
  const { migrate = false } = given as { readonly migrate?: unknown };
  if (typeof migrate !== "boolean")
    throw new OptionError("migrate", "The option `migrate` of `postgresVault` must be true or false.");
  return { migrate };
}

/** Option names come from the caller's code, but may be long or odd by mistake. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
}
