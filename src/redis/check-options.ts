import { OptionError } from "../vault/vault.js";

/** Options that were not given are `{}`. Throws an OptionError. */
export function checkOptions(given: unknown = {}): { readonly keyPrefix: string } {
  if (typeof given !== "object" || given === null)
    throw new OptionError("options", 'The options of `redisVault` must be an object such as `{ keyPrefix: "app:" }`.');
  if (Object.keys(given).some((name) => name !== "keyPrefix"))
    throw new OptionError("options", "The options of `redisVault` have an unknown name: there is only `keyPrefix`.");
  const { keyPrefix = "" } = given as { readonly keyPrefix?: unknown };
  if (typeof keyPrefix !== "string")
    throw new OptionError("keyPrefix", "The option `keyPrefix` of `redisVault` must be a string.");
  return { keyPrefix };
}
