import { StoreError } from "../../errors.js";
import { openVault } from "../../vault/open-vault.js";
import type { NotionVault, Vault } from "../../vault/vault.js";
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
  const { source, where } = await (await engines[engine]!.load()).open(at, keyPrefix);
  const vault = openVault(source, clientId);
  try {
    return await use({ clientId, source, vault, where });
  } catch (error) {
    throw explain(error, where);
  } finally {
    await vault.close?.();
  }
}

function explain(error: unknown, where: string): unknown {
  if (!(error instanceof StoreError)) return error;
  const { message } = error.cause instanceof Error ? error.cause : error;
  return new Error(`The vault in ${where} does not work: ${printable(message, 300)}`);
}
