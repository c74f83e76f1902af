import type { Behaviour } from "../behaviour.js";
import type { AuthorizationCodes } from "./authorization-codes.js";
import type { ClientRegistry } from "./clients.js";
import type { Directory } from "./directory.js";
import type { RateLimiter } from "./rate-limiter.js";
import type { TokenLedger } from "./token-ledger.js";

/** The state behind the endpoints: everything Notion would keep in its database. */
export interface EmulatedNotion {
  behaviour: Behaviour;
  readonly now: () => number;
  readonly clients: ClientRegistry;
  readonly directory: Directory;
  readonly codes: AuthorizationCodes;
  readonly tokens: TokenLedger;
  readonly restLimiter: RateLimiter;
  readonly revokeLimiter: RateLimiter;
}
