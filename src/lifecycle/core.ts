import type { ApiClient } from "../api/client.js";
import type { Events, Logger } from "../events.js";
import type { ResolvedOptions } from "../options/notion-oauth-options.js";
import type { Underway } from "../support/underway.js";
import type { Sealer } from "../vault/sealing.js";
import type { TokenKeeper } from "../vault/token-keeper.js";
import type { Vault } from "../vault/vault.js";
import type { StrayLogins } from "./login/stray-logins.js";
import type { ActiveTokens } from "./refresh/active-tokens.js";
import type { Outage } from "./worker/outage.js";

/** The parts that the operations of the lifecycle work with. */
export interface Core {
  readonly options: ResolvedOptions;
  readonly client: ApiClient;
  readonly vault: Vault;
  readonly tokens: TokenKeeper;
  readonly sealer: Sealer;
  readonly outage: Outage;
  readonly activeTokens: ActiveTokens;
  readonly strayLogins: StrayLogins;
  readonly underway: Underway;
  readonly events: Events;
  readonly logger: Logger;
  /** Wakes the worker when it would sleep longer than this, in ms. */
  readonly wake: (dueIn: number) => void;
  /** Aborted when the process has to end: calls to Notion that may be repeated are broken off. */
  readonly closing: AbortSignal;
  /** In ms since 1970. Only for what this process compares with itself, and for what people read. */
  readonly now: () => number;
  readonly random: () => number;
  /** Bytes from a CSPRNG, base64url. */
  readonly randomId: (bytes: number) => string;
  /** Tells this process from others in what is shared. */
  readonly processId: string;
}
