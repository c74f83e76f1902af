import { WebhookError } from "../../errors.js";
import type { StoredConnection } from "../../lifecycle/connections/stored-connection.js";
import { checkNames } from "../../options/check-names.js";
import { optional, text, wrong } from "../../options/checks.js";
import { within } from "../../support/time-limit.js";
import type { NotionWebhookEvent } from "./webhook-event.js";

/** A verification token, or several while one replaces another; undefined or null while none is known. */
export type VerificationToken = string | readonly string[] | null | undefined;

/** What `onEvent` gets beside the event. */
export interface WebhookContext {
  /** The connections that may see what the event is about, but for those that need their user to be there. */
  readonly connections: readonly StoredConnection[];
}

/**
 * What `webhook()` takes.
 * @see https://developers.notion.com/reference/webhooks
 */
export interface WebhookOptions {
  /**
   * The subscription's verification token, which signs each delivery: a string, a list, or a function that brings it at each delivery. While it brings
   * undefined, no event is taken.
   */
  readonly verificationToken?: VerificationToken | (() => VerificationToken | Promise<VerificationToken>);
  /**
   * Handles an event. Notion gets its answer when this has resolved; when it rejects, or takes more than two minutes, Notion sends the event again.
   * Events come in any order.
   */
  readonly onEvent: (event: NotionWebhookEvent, context: WebhookContext) => unknown;
  /**
   * Keeps the token of a handshake, while none is known. Anybody can make a handshake: nothing proves that it came from Notion until the token
   * was entered at Notion. Required without `verificationToken`.
   */
  readonly onVerificationToken?: (token: string) => unknown;
}

/** The options after they were checked. */
export interface ResolvedWebhookOptions extends Pick<WebhookOptions, "onEvent" | "onVerificationToken"> {
  /** None while none is known. @throws WebhookError, OptionError */
  bringTokens(): Promise<readonly string[]>;
}

const known: Readonly<Record<keyof WebhookOptions, true>> = {
  onEvent: true,
  verificationToken: true,
  onVerificationToken: true,
};

/** @throws OptionError */
export function checkWebhookOptions(options: WebhookOptions, timeout: number): ResolvedWebhookOptions {
  checkNames("webhook.", options, Object.keys(known));
  const { verificationToken: given, onEvent } = options;
  if (typeof onEvent !== "function") throw wrong("onEvent", "must be a function of the event");
  const onVerificationToken = optional("onVerificationToken", options.onVerificationToken, "function");
  const handlers = { onEvent, ...(onVerificationToken !== undefined && { onVerificationToken }) };
  if (typeof given === "function") return { ...handlers, bringTokens: () => bring(given, timeout) };
  const tokens = tokensOf(given);
  if (tokens.length === 0 && onVerificationToken === undefined)
    throw wrong(
      "verificationToken",
      "is required (is it unset in the environment?), or `onVerificationToken` to get it",
    );
  return { ...handlers, bringTokens: async () => tokens };
}

async function bring(fn: () => VerificationToken | Promise<VerificationToken>, timeout: number) {
  const unavailable = () => new WebhookError("verification_token_unavailable");
  // What it fails with may hold the token: it is not passed on.
  const brought = Promise.resolve()
    .then(fn)
    .catch(() => Promise.reject(unavailable()));
  return tokensOf(await within(timeout, brought, unavailable));
}

/** An empty token would be one that everybody knows. */
function tokensOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((one) => text("verificationToken", one));
}
