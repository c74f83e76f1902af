import { OptionError } from "../../errors.js";
import type { NotionVault } from "../../vault/vault.js";
import { UsageError } from "../command.js";
import type { Place } from "./engine.js";

/** A vault on a server. @throws UsageError when it has no such address */
export function serverPlace(url: string, vaultAt: (url: string) => NotionVault): Place {
  try {
    const source = vaultAt(url);
    return { source, where: source.where ?? "" };
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(error.message) : error;
  }
}
