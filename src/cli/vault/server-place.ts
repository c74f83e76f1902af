import { OptionError } from "../../errors.js";
import type { NotionVault } from "../../vault/vault.js";
import { UsageError } from "../command.js";
import type { Place } from "./engine.js";
import { printable } from "./text.js";

/** A vault on a server. @throws UsageError when it has no such address */
export function serverPlace(url: string, vaultAt: (url: string) => NotionVault): Place {
  try {
    return { source: vaultAt(url), where: withoutPassword(url) };
  } catch (error) {
    throw error instanceof OptionError ? new UsageError(error.message) : error;
  }
}

/** The address as people may see it. */
function withoutPassword(given: string): string {
  // Without a host, a socket is named in the query, which only `pg` reads.
  const url = new URL(URL.canParse(given) ? given : given.replace("@/", "@socket/"));
  url.password = "";
  url.search = "";
  return printable(url.href, 500);
}
