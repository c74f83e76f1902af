import { type TracingChannel, tracingChannel } from "node:diagnostics_channel";

/** What every trace tells. Ids, codes, numbers and public addresses: never a token, code, state or secret. */
interface TraceBase {
  /** Whose operation it is: two clients in one process have two. */
  readonly clientId: string;
  /** What it failed with, from the `error` message on. */
  readonly error?: unknown;
  /**
   * For subscribers: one that sets it in `start` is given the operation, to begin it with whatever has to be active meanwhile. Call what was there
   * before you. What it returns does not matter, and the operation runs in any case, once.
   */
  within?: (operation: () => unknown) => unknown;
}

/** A login: a callback from Notion, whatever becomes of it. */
export interface LoginTrace extends TraceBase {
  /** Our own callback route, or `NotionStrategy`. */
  readonly via: "callback" | "passport";
  /** Id of the connection's entry, once its tokens have arrived; so with the next two. */
  connection?: string;
  botId?: string;
  workspaceId?: string;
  /** The app's user, with the option `user`. */
  user?: string;
}

/** One call to Notion, as `notion.client` and everything else makes it. */
export interface CallTrace extends TraceBase {
  readonly method: "POST";
  /** The path below the base URL, such as `/v1/oauth/revoke`. */
  readonly path: string;
  /** The base URL. */
  readonly baseUrl: string;
  /** Notion's status, once it has answered. */
  status?: number;
  /** Notion's id of the request: what its support asks for. */
  requestId?: string | undefined;
  /** The id that Cloudflare, in front of Notion, gave it. */
  cfRay?: string | undefined;
}

/** A logout: the end of a session, by the route or `req.notion.logout()`. */
export interface LogoutTrace extends TraceBase {
  /** What became of the tokens; known at its end. */
  revocation?: "revoked" | "queued" | "already_invalid" | "failed" | "none";
  /** Of how many tokens; known at its end. */
  tokens?: number;
}

/** A call of the vault. */
export interface VaultTrace extends TraceBase {
  /** Such as `sqlite`; undefined where a vault of the app does not tell. */
  readonly engine: string | undefined;
  readonly operation: "insert" | "get" | "replace" | "erase" | "takeDue" | "nextDueIn" | "find";
}

/** What a worker does with one entry that was due. */
export interface WorkerTrace extends TraceBase {
  /** Id of the entry. */
  readonly entry: string;
  readonly state: "arriving" | "held" | "ending" | "ended" | "failed" | "mark";
  /** Where it was to be revoked: what became of its tokens. */
  revocation?: LogoutTrace["revocation"];
}

/**
 * What the tracing channels carry, by the last part of their names: `express-notion-oauth:login` and so on.
 * @see https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel
 */
export interface NotionOAuthTraces {
  /** A callback from Notion, whatever becomes of it. */
  login: LoginTrace;
  /** A code for tokens. */
  exchange: CallTrace;
  /** A refresh token for a new pair: one for all who ask at the same time. */
  refresh: CallTrace;
  /** Whether a token is active. */
  introspect: CallTrace;
  /** One token that has to die. */
  revoke: CallTrace;
  /** The end of a session, with the revocations that its answer waits for. */
  logout: LogoutTrace;
  /** One call of the vault. */
  vault: VaultTrace;
  /** One entry that was due. */
  worker: WorkerTrace;
}

/** The last part of a channel's name. */
export type NotionOAuthTraceName = keyof NotionOAuthTraces;

const channels: { readonly [N in NotionOAuthTraceName]: TracingChannel<unknown, NotionOAuthTraces[N]> } = {
  login: tracingChannel("express-notion-oauth:login"),
  exchange: tracingChannel("express-notion-oauth:exchange"),
  refresh: tracingChannel("express-notion-oauth:refresh"),
  introspect: tracingChannel("express-notion-oauth:introspect"),
  revoke: tracingChannel("express-notion-oauth:revoke"),
  logout: tracingChannel("express-notion-oauth:logout"),
  vault: tracingChannel("express-notion-oauth:vault"),
  worker: tracingChannel("express-notion-oauth:worker"),
};

/**
 * Runs an operation and tells its channel, where anybody listens.
 * @param facts makes what is known at its start
 * @param operation may add to them; it is given none where nobody listens
 */
export function trace<N extends NotionOAuthTraceName, T>(
  name: N,
  facts: () => NotionOAuthTraces[N],
  operation: (facts?: NotionOAuthTraces[N]) => Promise<T>,
): Promise<T> {
  const channel = channels[name];
  return channel.hasSubscribers ? traced(channel, facts(), operation) : operation();
}

async function traced<Facts extends TraceBase, T>(
  channel: TracingChannel<unknown, Facts>,
  facts: Facts,
  operation: (facts: Facts) => Promise<T>,
): Promise<T> {
  let running: Promise<T> | undefined;
  const begin = () => {
    running ??= (async () => operation(facts))();
    return running;
  };
  await channel.tracePromise(async () => {
    try {
      facts.within?.(() => begin().then(nothing, nothing));
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : "A subscriber's `within` has failed.");
    }
    // Whatever a subscriber made of it. Its result is for nobody but the caller: `tracePromise` would put tokens into what subscribers see.
    await begin();
  }, facts);
  return running as unknown as Promise<T>;
}

function nothing(): void {}
