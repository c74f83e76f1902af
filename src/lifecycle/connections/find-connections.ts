import { OptionError } from "../../errors.js";
import { checkNames } from "../../options/check-names.js";
import { oneOf } from "../../options/checks.js";
import { type ConnectionEntry, isReadable } from "../../vault/entry.js";
import type { Page, VaultEntry } from "../../vault/vault.js";
import type { Core } from "../core.js";
import { isShown } from "../ending/end-entry.js";
import { type ConnectionFilter, keysOfFilter } from "./connection-filter.js";

/** How many entries are read at once. */
const BATCH = 100;

/** All of them, a page at a time. @throws OptionError, StoreError */
export async function* eachConnection(core: Core, filter?: ConnectionFilter): AsyncGenerator<ConnectionEntry> {
  for (let after = ""; ; ) {
    const page = await findConnections(core, filter, after === "" ? {} : { after });
    yield* page;
    if (page.length < BATCH) return;
    after = page.at(-1)?.id ?? "";
  }
}

/** @throws OptionError, StoreError */
export async function findConnections(
  core: Core,
  filter: ConnectionFilter = {},
  page: Page = {},
): Promise<ConnectionEntry[]> {
  const keys = keysOfFilter("find", filter, ["user", "botId", "workspaceId", "unattended"]);
  const unattended = oneOf("find.unattended", filter.unattended ?? true, [true, false, "any"]);
  const { limit, after = "" } = checkPage(page);
  const query = keys[0] === undefined ? ({ state: "held" } as const) : { key: keys[0] };
  const found: ConnectionEntry[] = [];
  for (let last = after; ; ) {
    const batch = await core.vault.find(query, { limit: BATCH, ...(last !== "" && { after: last }) });
    for (const entry of batch) {
      if (!isWanted(core, entry, keys)) continue;
      if (unattended !== "any" && (entry.data.unattended !== false) !== unattended) continue;
      if (found.push(entry) === limit) return found;
    }
    if (batch.length < BATCH) return found;
    last = batch.at(-1)?.id ?? "";
  }
}

function isWanted(core: Core, entry: VaultEntry, keys: readonly string[]): entry is ConnectionEntry {
  if (entry.state === "mark" || !keys.every((key) => entry.keys.includes(key))) return false;
  // One that this version of the package cannot read keeps nobody from the others.
  if (isReadable(entry)) return isShown(entry as ConnectionEntry);
  core.logger.error("an entry of the vault cannot be read, and is left out", { entry: entry.id });
  return false;
}

function checkPage(page: Page): { readonly limit: number; readonly after?: string } {
  checkNames("find.", page, ["after", "limit"]);
  const { limit = BATCH, after } = page;
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new OptionError("find.limit", "`limit` must be a whole number from 1 on.");
  if (after !== undefined && typeof after !== "string")
    throw new OptionError("find.after", "`after` must be the id of a connection.");
  return { limit, ...(after !== undefined && { after }) };
}
