import { OptionError } from "./errors.js";
import type { EndCause } from "./vault/entry.js";

/**
 * What every event carries. Never a token, code, state or secret.
 * @inline
 */
interface EventBase {
  /** When it happened, in ms since 1970. */
  readonly at: number;
}

/**
 * Which connection an event is about.
 * @inline
 */
interface ConnectionFacts {
  /** Id of the connection's entry in the vault. */
  readonly connection: string;
  readonly botId: string;
  readonly workspaceId: string;
  /** The app's user whose connection it is; absent where a session holds it. */
  readonly user?: string;
}

/** Why a connection ended. */
export type EndReason = EndCause;

/**
 * The events of `notion.on(...)` and what they carry, beside the time `at` (ms since 1970). `token` is a short one-way hash, for telling tokens apart;
 * `connection` is the id of the connection's entry in the vault; `attempts` counts the tries. No event holds a token, code, state or secret.
 */
export interface NotionOAuthEvents {
  /** A login was completed, or `remember()` stored a connection. */
  "connection.created": EventBase & ConnectionFacts & { readonly token: string };
  /** A new pair of tokens was stored. */
  "connection.refreshed": EventBase & ConnectionFacts & { readonly token: string };
  /** A connection is over. */
  "connection.ended": EventBase & ConnectionFacts & { readonly reason: EndReason };
  /** Notion confirmed that an entry's tokens are dead. `outcome` tells whether it was our doing. */
  "token.revoked": EventBase & {
    readonly token: string;
    readonly connection: string | undefined;
    readonly outcome: "revoked" | "already_invalid";
    readonly attempts: number;
  };
  /** Tokens wait in the vault, because Notion has not confirmed yet that they are dead. */
  "revocation.queued": EventBase & {
    readonly token: string;
    readonly connection: string | undefined;
    readonly cause: string | undefined;
  };
  /** A try failed with `cause`; the next one is at `nextAt`, in ms since 1970. */
  "revocation.retried": EventBase & {
    readonly token: string;
    readonly connection: string | undefined;
    readonly cause: string;
    readonly attempts: number;
    readonly nextAt: number;
  };
  /** A revocation was given up, or the vault was away when tokens had to be written (`cause` is then its error's code): until it is back, only this process knows them. */
  "revocation.failed": EventBase & {
    readonly token: string;
    readonly connection: string | undefined;
    readonly cause: string;
    readonly attempts: number;
  };
  /** The user declined at Notion. */
  "login.denied": EventBase & { readonly cause: string };
  /** A login failed. `cause` is the error's code. */
  "login.failed": EventBase & { readonly cause: string };
  /** One of the routes refused a request. `cause` is the error's code. */
  "request.refused": EventBase & { readonly cause: string; readonly route: string };
}

/** The name of an event. */
export type NotionOAuthEventName = keyof NotionOAuthEvents;
/** What `notion.on()` takes. What it returns does not matter; when it throws or rejects, that is logged. */
export type NotionOAuthListener<E extends NotionOAuthEventName> = (event: NotionOAuthEvents[E]) => void;

/** What the package writes to. `fields` hold ids, codes and times, never a secret. */
export interface Logger {
  /** What happens: every event, and what was found in order. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What an operator may want to know. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What was not as it should be, and mends itself. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What needs an operator. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface Events {
  on<E extends NotionOAuthEventName>(event: E, listener: NotionOAuthListener<E>): () => void;
  emit<E extends NotionOAuthEventName>(event: E, payload: Omit<NotionOAuthEvents[E], "at">): void;
}

/** The names, as a value: the compiler says when one is missing. */
const names: Readonly<Record<NotionOAuthEventName, true>> = {
  "connection.created": true,
  "connection.refreshed": true,
  "connection.ended": true,
  "token.revoked": true,
  "revocation.queued": true,
  "revocation.retried": true,
  "revocation.failed": true,
  "login.denied": true,
  "login.failed": true,
  "request.refused": true,
};

/** Delivers events in order to listeners. A listener that throws is reported and harms nobody. */
export function createEvents(logger: Logger, now: () => number): Events {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  return {
    on(event, listener) {
      // A name that is never emitted would be an alert that never comes.
      if (!Object.hasOwn(names, event)) {
        throw new OptionError("on", `There is no such event. The events are: ${Object.keys(names).join(", ")}.`);
      }
      if (typeof listener !== "function") throw new OptionError("on", "notion.on(event, listener) needs a function.");
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    emit(event, payload) {
      const full = { at: now(), ...payload };
      logger.debug(event, full);
      for (const listener of listeners.get(event) ?? []) {
        try {
          const result: unknown = (listener as (payload: typeof full) => unknown)(full);
          if (result instanceof Promise) result.catch((error) => report(event, error));
        } catch (error) {
          report(event, error);
        }
      }
    },
  };

  function report(event: string, error: unknown): void {
    logger.error("a listener failed", { event, error: error instanceof Error ? error.name : typeof error });
  }
}
