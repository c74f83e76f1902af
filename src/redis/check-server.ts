import { OptionError } from "../vault/vault.js";
import type { Connection } from "./connection.js";
import { DEADLINE, inTime } from "./deadline.js";
import { readSettings } from "./server-settings.js";
import { faultsOf } from "./settings-faults.js";

/** Clients whose servers were looked at: however many vaults use a client, it is warned of once. */
const looked = new WeakMap<object, Promise<void>>();

/**
 * Looks at the server before the first call: one that could drop entries is refused, and one that may forget them is warned of.
 * What was refused, or could not be reached, is looked at again by the next call.
 */
export function checkServer(connection: Connection): Promise<void> {
  const known = looked.get(connection.client);
  if (known !== undefined) return known;
  const looking = inTime(DEADLINE, look(connection));
  looked.set(connection.client, looking);
  looking.catch(() => looked.delete(connection.client));
  return looking;
}

async function look(connection: Connection): Promise<void> {
  const faults = faultsOf(await readSettings(connection));
  const refused = faults.find(({ kind }) => kind === "drops");
  if (refused !== undefined) throw new OptionError("client", refused.message);
  for (const { kind, message } of faults) process.emitWarning(message, { code: CODES[kind] });
}

const CODES = {
  drops: undefined,
  would_drop: "NOTION_OAUTH_REDIS_EVICTION",
  forgets: "NOTION_OAUTH_REDIS_PERSISTENCE",
  unseen: "NOTION_OAUTH_REDIS_UNSEEN",
} as const;
