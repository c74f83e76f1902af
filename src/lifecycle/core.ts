import type { NotionClient } from "../api/client.js";
import type { ConnectionStore } from "../connections/connection-store.js";
import type { Sealer } from "../connections/sealing.js";
import type { Events, Logger } from "../events.js";
import type { ResolvedOptions } from "../options.js";
import type { Revocations } from "../revocation/revocations.js";
import type { ActiveTokens } from "./active-tokens.js";
import type { EndedSessions } from "./ended-sessions.js";
import type { Lock } from "./lock.js";
import type { Underway } from "./underway.js";

/** The parts that the operations of the lifecycle work with. Wired in `notion-oauth.ts`. */
export interface Core {
  readonly options: ResolvedOptions;
  readonly client: NotionClient;
  readonly connections: ConnectionStore;
  readonly sealer: Sealer;
  readonly revocations: Revocations;
  readonly endedSessions: EndedSessions;
  readonly activeTokens: ActiveTokens;
  readonly lock: Lock;
  readonly underway: Underway;
  readonly events: Events;
  readonly logger: Logger;
  readonly now: () => number;
  /** Bytes from a CSPRNG, base64url. */
  readonly randomId: (bytes: number) => string;
  /** Tells this process from others in what is shared. */
  readonly processId: string;
}
