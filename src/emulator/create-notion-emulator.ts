import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { type Behaviour, changeBehaviour, defaultBehaviour } from "./behaviour.js";
import {
  type AuthorizationDecision,
  decideAuthorization,
  grantFor,
  readAuthorizationRequest,
} from "./consent/authorization-request.js";
import { recordAuthorization } from "./consent/record-authorization.js";
import { CONTROL_PREFIX, handleControl } from "./control/handle-control.js";
import { createEmulatorServer } from "./emulator-server.js";
import { issuePair } from "./endpoints/token.js";
import { tokenAnswer } from "./endpoints/token-answer.js";
import type { Fault } from "./faults/fault.js";
import { type FaultEndpoint, FaultRegistry } from "./faults/fault-registry.js";
import { handleHome, isForHome } from "./home/handle-home.js";
import { handleRequest } from "./handle-request.js";
import { Journal } from "./journal.js";
import type { NotionEmulator, Outage } from "./notion-emulator.js";
import { optionError } from "./option-error.js";
import { type NotionEmulatorOptions, resolveOptions } from "./options.js";
import { AuthorizationCodes } from "./state/authorization-codes.js";
import { createClientRegistry, type EmulatedClient } from "./state/clients.js";
import { createDirectory } from "./state/directory.js";
import type { EmulatedNotion } from "./state/emulated-notion.js";
import { RateLimiter } from "./state/rate-limiter.js";
import { TokenLedger } from "./state/token-ledger.js";
import { createWebhooks } from "./webhooks/webhooks.js";

/**
 * Creates an emulated Notion: the consent page, the OAuth endpoints, `users/me` and `search`, webhooks, with faults on demand and
 * a journal. Nothing runs before `start()`.
 * @throws TypeError `ERR_EMULATOR_OPTION` naming an option that is unknown or wrong
 * @example A login and a logout in a test
 * ```ts
 * import { createNotionOAuth } from "express-notion-oauth";
 * import { createNotionEmulator, defaultClient } from "express-notion-oauth/emulator";
 *
 * const emulator = createNotionEmulator();
 * const notion = createNotionOAuth({
 *   clientId: defaultClient.clientId,
 *   clientSecret: defaultClient.clientSecret,
 *   redirectUri: "http://127.0.0.1:3000/auth/notion/callback",
 *   baseUrl: await emulator.start(),
 * });
 *
 * const { access_token } = emulator.issue();
 * await notion.client.revoke(access_token);
 * console.log(emulator.isActive(access_token), emulator.count("revoke")); // false 1
 * await emulator.close();
 * ```
 */
export function createNotionEmulator(options: NotionEmulatorOptions = {}): NotionEmulator {
  const { host, clients, workspaces, users, behaviour, now, journalLimit, control, seed } = resolveOptions(options);
  const initialBehaviour = changeBehaviour(defaultBehaviour, behaviour);
  const events = new EventEmitter();
  const journal = new Journal(journalLimit);
  const faults = new FaultRegistry(seed);
  const notion: EmulatedNotion = {
    behaviour: initialBehaviour,
    now,
    clients: createClientRegistry(clients),
    directory: createDirectory(workspaces, users),
    codes: new AuthorizationCodes(journalLimit),
    tokens: new TokenLedger({ now, limit: journalLimit, changed: (token) => events.emit("token", token) }),
    restLimiter: new RateLimiter(60_000),
    revokeLimiter: new RateLimiter(1000),
  };
  const webhooks = createWebhooks(notion, journalLimit);
  let outage: Outage | undefined;

  const server = createEmulatorServer(host, (req, res) => {
    const handle = control ? ownHandler(req) : undefined;
    if (handle !== undefined) server.spare(req.socket);
    (handle?.(emulator, req, res) ?? handleRequest(context, req, res)).catch(() => res.destroy());
  });
  const context = {
    notion,
    journal,
    faults,
    outage: () => outage,
    wait: server.wait,
    answered: (request: unknown) => events.emit("request", request),
  };

  const emulator: NotionEmulator = {
    start: (port = 0) => server.start(port),
    close() {
      webhooks.clear();
      return server.close();
    },
    [Symbol.asyncDispose]: () => emulator.close(),
    get url() {
      return server.url;
    },
    get clients(): EmulatedClient[] {
      return notion.clients.all();
    },
    get workspaces() {
      return notion.directory.workspaces;
    },
    get users() {
      return notion.directory.users;
    },
    get behaviour() {
      return notion.behaviour;
    },
    configure(changes: Partial<Behaviour>) {
      notion.behaviour = changeBehaviour(notion.behaviour, changes);
    },
    setClientSecret: (clientId, clientSecret) => notion.clients.setSecret(clientId, clientSecret),

    async authorize(authorizeUrl, decision: AuthorizationDecision = {}) {
      const { searchParams } = new URL(authorizeUrl, "http://emulator.invalid");
      const request = readAuthorizationRequest(notion, searchParams);
      if (typeof request === "string") throw optionError("authorizeUrl", `is refused: ${request}`);
      const callback = decideAuthorization(notion, request, decision);
      recordAuthorization(context, request.client.clientId, searchParams);
      return callback;
    },
    issue({ clientId = notion.clients.first().clientId, ...choice } = {}) {
      const grant = grantFor(notion, notion.clients.get(clientId).clientId, choice);
      return tokenAnswer(notion, issuePair(notion, grant), randomUUID());
    },
    isActive: (token) => notion.tokens.find(token)?.state === "active",
    activeTokens: () => notion.tokens.active(),
    endUserDisconnect: (botId) =>
      notion.tokens.endAll((token) => token.botId === botId, "disconnected", "user_disconnect"),
    expireAccessToken(token) {
      if (notion.tokens.find(token)?.kind !== "access")
        throw optionError("token", "is no access token of this emulator");
      return notion.tokens.end(token, "expired", "expire");
    },

    fault: (endpoint: FaultEndpoint, fault: Fault) => faults.add(endpoint, fault),
    clearFaults: (endpoint) => faults.clear(endpoint),
    get faults() {
      return faults.list();
    },
    down(how = {}) {
      const { status } = how;
      if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 999)) {
        throw optionError("down.status", "must be an HTTP status");
      }
      const wasUp = outage === undefined;
      outage = { ...how };
      if (wasUp && status === undefined) server.resetConnections();
    },
    up() {
      outage = undefined;
    },
    get isDown() {
      return outage !== undefined;
    },

    webhooks,

    get requests() {
      return journal.requests;
    },
    get tokens() {
      return notion.tokens.all();
    },
    count: (endpoint, filter) => journal.count(endpoint, filter),
    on(event: string, listener: (payload: never) => void) {
      events.on(event, listener as (payload: unknown) => void);
      return emulator;
    },
    off(event: string, listener: (payload: never) => void) {
      events.off(event, listener as (payload: unknown) => void);
      return emulator;
    },
    reset() {
      faults.clear();
      outage = undefined;
      notion.behaviour = initialBehaviour;
      notion.codes.clear();
      notion.tokens.clear();
      notion.restLimiter.clear();
      notion.revokeLimiter.clear();
      journal.clear();
      webhooks.clear();
    },
  };
  return emulator;
}

/** What serves the addresses that are the emulator's own, and not Notion's. */
function ownHandler(req: IncomingMessage): typeof handleControl | undefined {
  if (isForHome(req)) return handleHome;
  return req.url?.startsWith(CONTROL_PREFIX) === true ? handleControl : undefined;
}
