import type { Behaviour } from "../behaviour.js";
import type { AuthorizationDecision } from "../consent/authorization-request.js";
import type { Fault } from "../faults/fault.js";
import type { FaultEndpoint, FaultHandle } from "../faults/fault-registry.js";
import type { EmulatorEndpoint } from "../journal.js";
import type { IssueOptions, NotionEmulator } from "../notion-emulator.js";
import { optionError } from "../option-error.js";
import type { WebhookEventOptions } from "../webhooks/webhook-event.js";
import type { SendOptions, SubscribeOptions } from "../webhooks/webhooks.js";

/** A control request: its query and the fields of its JSON body. */
export interface ControlRequest {
  readonly query: URLSearchParams;
  readonly fields: Readonly<Record<string, unknown>>;
}

type Route = (emulator: NotionEmulator, request: ControlRequest) => unknown;

/** What each method and path under `/__emulator/` does; the result is sent as JSON. */
export const controlRoutes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["GET state", state],
  ["GET requests", requests],
  ["GET tokens", tokens],
  ["GET faults", (emulator) => ({ faults: emulator.faults.map(describeFault) })],
  ["POST faults", addFault],
  ["DELETE faults", removeFaults],
  [
    "POST configure",
    (emulator, { fields }) => {
      emulator.configure(fields as Partial<Behaviour>);
      return { behaviour: emulator.behaviour };
    },
  ],
  [
    "POST down",
    (emulator, { fields }) => {
      const { status } = fields;
      emulator.down(status === undefined ? {} : { status: status as number });
      return { isDown: true };
    },
  ],
  [
    "POST up",
    (emulator) => {
      emulator.up();
      return { isDown: false };
    },
  ],
  [
    "POST reset",
    (emulator) => {
      emulator.reset();
      return state(emulator);
    },
  ],
  ["POST issue", (emulator, { fields }) => emulator.issue(fields as IssueOptions)],
  [
    "POST authorize",
    async (emulator, { fields: { url, ...decision } }) => ({
      callbackUrl: await emulator.authorize(text(url, "url"), decision as AuthorizationDecision),
    }),
  ],
  ["POST expire", (emulator, { fields }) => ({ expired: emulator.expireAccessToken(text(fields.token, "token")) })],
  ["POST disconnect", (emulator, { fields }) => ({ ended: emulator.endUserDisconnect(text(fields.botId, "botId")) })],
  [
    "POST client-secret",
    (emulator, { fields }) => {
      emulator.setClientSecret(text(fields.clientId, "clientId"), text(fields.clientSecret, "clientSecret"));
      return {};
    },
  ],
  ["GET webhooks", webhooks],
  ["POST webhooks", subscribe],
  ["POST webhooks/send", sendEvent],
]);

function webhooks({ webhooks: { subscriptions, deliveries } }: NotionEmulator): unknown {
  return { subscriptions, deliveries };
}

function subscribe(emulator: NotionEmulator, { fields: { url, ...options } }: ControlRequest): unknown {
  return emulator.webhooks.subscribe(text(url, "url"), options as SubscribeOptions);
}

async function sendEvent(emulator: NotionEmulator, { fields }: ControlRequest): Promise<unknown> {
  const { attempts, pause, copies, ...event } = fields as unknown as WebhookEventOptions & SendOptions;
  const given = { attempts, pause, copies };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { deliveries: await emulator.webhooks.send(event, options) };
}

function state(emulator: NotionEmulator): unknown {
  return {
    url: emulator.url,
    isDown: emulator.isDown,
    behaviour: emulator.behaviour,
    faults: emulator.faults.map(describeFault),
    clients: emulator.clients.map(({ clientSecret: _, ...client }) => client),
    workspaces: emulator.workspaces,
    users: emulator.users,
    requests: emulator.count("*"),
    activeTokens: emulator.activeTokens().length,
  };
}

function requests(emulator: NotionEmulator, { query }: ControlRequest): unknown {
  const endpoint = query.get("endpoint") as EmulatorEndpoint | null;
  const after = Number(query.get("after") ?? 0);
  return {
    requests: emulator.requests.filter(
      (request) => request.sequence > after && (endpoint === null || request.endpoint === endpoint),
    ),
  };
}

function tokens(emulator: NotionEmulator, { query }: ControlRequest): unknown {
  const state = query.get("state");
  const kind = query.get("kind");
  return {
    tokens: emulator.tokens.filter(
      (token) => (state === null || token.state === state) && (kind === null || token.kind === kind),
    ),
  };
}

function addFault(emulator: NotionEmulator, { fields: { endpoint, ...fault } }: ControlRequest): unknown {
  return describeFault(emulator.fault(endpoint as FaultEndpoint, fault as Fault));
}

function removeFaults(emulator: NotionEmulator, { query }: ControlRequest): unknown {
  const id = query.get("id");
  if (id === null) emulator.clearFaults((query.get("endpoint") as FaultEndpoint | null) ?? undefined);
  else emulator.faults.find((fault) => String(fault.id) === id)?.clear();
  return { faults: emulator.faults.map(describeFault) };
}

/** `remaining` is null for a fault without end: JSON has no infinity. */
function describeFault({ id, endpoint, fault, hits, remaining }: FaultHandle): unknown {
  return { id, endpoint, fault, hits, remaining: Number.isFinite(remaining) ? remaining : null };
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw optionError(name, "must be a string");
  return value;
}
