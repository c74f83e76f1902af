import type { NotionVault } from "../../vault/vault.js";

/** A kind of vault, as the command line opens it. */
export interface Engine {
  /** The vault as an app would have it. Opens nothing. @throws OptionError when there can be none */
  vaultAt(at: string, keyPrefix: string): NotionVault;
  /**
   * Opens what stands there. Makes nothing: a vault in the wrong place would look like an empty one.
   * @param keyPrefix what the names in a Redis begin with
   * @throws UsageError when there is no vault
   */
  open(at: string, keyPrefix: string): Promise<Place>;
  /** The SQL that makes an empty vault; undefined where none is needed. */
  readonly schema: string | undefined;
}

/** Where the command line says that a vault is. */
export interface Named {
  /** Its name on the command line. */
  readonly engine: string;
  readonly at: string;
  /** What the names in a Redis begin with. */
  readonly keyPrefix: string;
}

/** Where a vault is, and whose entries in it. */
export interface Location extends Named {
  readonly clientId: string;
}

/** A vault that is there. */
export interface Place {
  readonly source: NotionVault;
  /** Where it is, for people: without a password. */
  readonly where: string;
}

/** What the help says of an engine, and how to load it: it may need a package that others do not. */
export interface EngineEntry {
  readonly value: string;
  readonly summary: string;
  load(): Promise<Engine>;
}
