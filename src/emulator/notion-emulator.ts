import type { Behaviour } from "./behaviour.js";
import type { AuthorizationDecision } from "./consent/authorization-request.js";
import type { TokenAnswer } from "./endpoints/token-answer.js";
import type { Fault } from "./faults/fault.js";
import type { FaultEndpoint, FaultHandle } from "./faults/fault-registry.js";
import type { EmulatedRequest, EmulatorEndpoint } from "./journal.js";
import type { EmulatedClient } from "./state/clients.js";
import type { EmulatedUser, EmulatedWorkspace } from "./state/directory.js";
import type { EmulatedToken } from "./state/token-ledger.js";
import type { EmulatedWebhooks } from "./webhooks/webhooks.js";

/** How the emulator is down: connections are reset, or every request is answered with a status. */
export interface Outage {
  /** The HTTP status of every answer. Left out: connections are reset. */
  readonly status?: number;
}

/** What the emulator tells its listeners. */
export interface EmulatorEvents {
  /** A request was answered, or its connection ended. */
  readonly request: EmulatedRequest;
  /** A token was issued or has ended. */
  readonly token: EmulatedToken;
}

/** Whom `issue` makes tokens for. */
export interface IssueOptions {
  /** The first client when left out. */
  readonly clientId?: string;
  /** Id or name. */
  readonly workspace?: string;
  /** Id, email or name. */
  readonly user?: string;
}

/** An emulated Notion. */
export interface NotionEmulator {
  /** Starts listening, on a free port unless one is given, and returns `url`. */
  start(port?: number): Promise<string>;
  /** Ends every connection, hanging ones included. May be called twice; `start` may be called again. */
  close(): Promise<void>;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** The base URL, without a slash at its end. @throws Error before `start()` */
  readonly url: string;

  readonly clients: readonly EmulatedClient[];
  readonly workspaces: readonly EmulatedWorkspace[];
  readonly users: readonly EmulatedUser[];
  readonly behaviour: Behaviour;
  /** Changes switches, for the requests that come. @throws TypeError `ERR_EMULATOR_OPTION` */
  configure(changes: Partial<Behaviour>): void;
  /** Rotates a client secret: the old one is refused from now on. @throws TypeError `ERR_EMULATOR_OPTION` */
  setClientSecret(clientId: string, clientSecret: string): void;

  /**
   * Does what a person would on the consent page, and returns the URL the browser is sent back to.
   * @throws TypeError `ERR_EMULATOR_OPTION` for a URL that gets no consent page, or an unknown workspace or user
   */
  authorize(authorizeUrl: string | URL, decision?: AuthorizationDecision): Promise<string>;
  /** Issues tokens without any authorization; the body of a token answer. */
  issue(options?: IssueOptions): TokenAnswer;
  /** Whether an access or refresh token is alive. */
  isActive(token: string): boolean;
  /** All tokens that are alive, in order of issue. */
  activeTokens(): EmulatedToken[];
  /** The user removes the app inside Notion: all tokens of the bot end. Returns how many. */
  endUserDisconnect(botId: string): number;
  /** Ends an access token but not its refresh token. Returns whether it was alive. */
  expireAccessToken(token: string): boolean;

  /** Makes an endpoint misbehave. Faults apply in the order they were set. @throws TypeError `ERR_EMULATOR_OPTION` */
  fault(endpoint: FaultEndpoint, fault: Fault): FaultHandle;
  /** Removes the faults set for an endpoint, or all. */
  clearFaults(endpoint?: FaultEndpoint): void;
  readonly faults: readonly FaultHandle[];
  /** An outage of the whole API, consent page included. */
  down(how?: Outage): void;
  /** Ends the outage. */
  up(): void;
  readonly isDown: boolean;

  /** Sends events to addresses that have subscribed, signed as Notion signs them. */
  readonly webhooks: EmulatedWebhooks;

  /** The requests in order of arrival, the last `journalLimit` of them. */
  readonly requests: readonly EmulatedRequest[];
  /** All tokens in order of issue; dead ones are forgotten beyond `journalLimit`. */
  readonly tokens: readonly EmulatedToken[];
  /** All requests made to an endpoint; with a filter, those still in `requests` that pass it. */
  count(endpoint: EmulatorEndpoint | "*", filter?: (request: EmulatedRequest) => boolean): number;
  /** Listens to what happens: `request` when one was answered, `token` when one was issued or has ended. */
  on<Event extends keyof EmulatorEvents>(event: Event, listener: (payload: EmulatorEvents[Event]) => void): this;
  /** Stops listening. */
  off<Event extends keyof EmulatorEvents>(event: Event, listener: (payload: EmulatorEvents[Event]) => void): this;
  /** Forgets requests, tokens, codes, faults, outage, changed switches, subscriptions and their deliveries. Rotated client secrets stay. */
  reset(): void;
}
