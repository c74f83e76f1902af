import type { Agent } from "node:http";
import { checkNames } from "./check-names.js";
import { duration, milliseconds, optional, text, wrong } from "./checks.js";
import type { NotionOAuthOptions, ResolvedOptions } from "./notion-oauth-options.js";

// How Notion is called, and how often again.

/** What could not be sent as a header would fail each call, a logout's included, instead of the start. */
export function checkVersion(value: unknown): string {
  const given = text("notionVersion", value);
  if (!/^[\x21-\x7e]+$/.test(given)) throw wrong("notionVersion", "must consist of printable ASCII characters");
  return given;
}

/** Node itself checks the agent only when a request is made. */
export function checkAgent(value: unknown, baseUrl: string): Agent | undefined {
  type AnyAgent = Agent & { readonly addRequest?: unknown; readonly protocol?: unknown };
  const agent = optional("agent", value as AnyAgent | undefined, "object");
  if (agent === undefined) return undefined;
  if (typeof agent.addRequest !== "function") throw wrong("agent", "must be an Agent of node:http or node:https");
  // Node's own agents serve one protocol; those of proxies answer for both, by a getter.
  if (Object.hasOwn(agent, "protocol") && agent.protocol !== new URL(baseUrl).protocol)
    throw wrong("agent", "must be of node:https for an https `baseUrl`, of node:http for an http one");
  return agent;
}

export function checkRetry(retry: NonNullable<NotionOAuthOptions["retry"]>): ResolvedOptions["retry"] {
  checkNames("retry.", retry, ["minDelay", "maxDelay", "maxAge"]);
  const minDelay = milliseconds("retry.minDelay", retry.minDelay === undefined ? 1000 : retry.minDelay);
  const { maxDelay = Math.max(900_000, minDelay), maxAge = 3 * 86_400_000 } = retry;
  if (milliseconds("retry.maxDelay", maxDelay) < minDelay)
    throw wrong("retry.maxDelay", "must not be less than `retry.minDelay`");
  return Object.freeze({ minDelay, maxDelay, maxAge: duration("retry.maxAge", maxAge) });
}
