import { StoreError } from "../../errors.js";
import { failureCode } from "../../support/failure-code.js";
import { openVault } from "../../vault/open-vault.js";
import type { NotionVault, Vault } from "../../vault/vault.js";
import { say } from "../terminal.js";
import { adviceFor } from "./advice.js";
import type { Location } from "./engine.js";
import { engines } from "./engines.js";
import { printable } from "./text.js";

/** The entries of one client in a vault that is there. */
export interface OpenPlace {
  readonly clientId: string;
  readonly source: NotionVault;
  readonly vault: Vault;
  /** Where it is, for people: without a password. */
  readonly where: string;
}

/** Opens a vault, uses it and closes it. An error of the vault becomes one that says what is wrong. */
export async function withPlace(
  { engine, at, keyPrefix, clientId }: Location,
  use: (open: OpenPlace) => Promise<number>,
): Promise<number> {
  const { open } = await engines[engine]!.load();
  const { source, where } = await open(at, keyPrefix);
  const vault = openVault(source, clientId);
  try {
    if (!(await hasEntries(vault)))
      say(
        `Nothing of client ${clientId} is in ${where}. If that is not a new app, look at --client-id (NOTION_CLIENT_ID) and the address, and in Redis at --key-prefix and the number of the database.`,
        process.stderr,
      );
    return await use({ clientId, source, vault, where });
  } catch (error) {
    throw explain(error, where);
  } finally {
    await vault.close?.();
  }
}

/**
 * Whether anything is there of this client: nothing waits for one that was mistyped. Marks say nothing, which all clients share. The states are in the
 * order in which an entry passes through them, so that none slips through.
 */
async function hasEntries(vault: Vault): Promise<boolean> {
  for (const state of ["arriving", "held", "ending", "failed", "ended"] as const)
    if ((await vault.find({ state }, { limit: 1 })).length > 0) return true;
  return false;
}

function explain(error: unknown, where: string): unknown {
  if (!(error instanceof StoreError)) return error;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = failureCode(cause);
  const advice = adviceFor(code);
  return advice === undefined
    ? new Error(`The vault in ${where} does not work: ${printable(cause.message || code, 300)}`)
    : new Error(`The vault in ${where} does not work (${code}). ${advice}`);
}
