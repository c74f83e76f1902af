import { StoreError } from "../../errors.js";
import { failureCode } from "../../support/failure-code.js";
import { openVault } from "../../vault/open-vault.js";
import type { NotionVault, Vault } from "../../vault/vault.js";
import { UsageError } from "../command.js";
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
  const { open, schema } = await engines[engine]!.load();
  const { source, where } = await open(at, keyPrefix);
  const vault = openVault(source, clientId);
  try {
    if (schema === undefined && !(await wasUsed(vault)))
      throw new UsageError(
        `No vault was ever used in ${where} for client ${clientId}, or nothing is left of it: look at the address, the number of the database, --client-id and --key-prefix.`,
      );
    return await use({ clientId, source, vault, where });
  } catch (error) {
    throw explain(error, where);
  } finally {
    await vault.close?.();
  }
}

/** Where nothing has to be made before, a vault shows only by what is in it: any use leaves a mark or an entry, for days. */
async function wasUsed(vault: Vault): Promise<boolean> {
  for (const state of ["mark", "held", "ended", "ending", "failed", "arriving"] as const)
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
