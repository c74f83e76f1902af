import type { TracingChannelSubscribers } from "node:diagnostics_channel";
import { inspect } from "node:util";
import type { NotionOAuthTraceName } from "../../../src/index.js";
import { subscribe } from "./subscribe.js";

export const channels = ["login", "exchange", "refresh", "introspect", "revoke", "logout", "vault", "worker"] as const;

export interface Message {
  readonly channel: NotionOAuthTraceName;
  readonly kind: string;
  readonly facts: Record<string, unknown>;
  /** All that could be printed of it when it came. */
  readonly shown: string;
}

/** Listens to all channels until the end of the test, as an app would: by their names. */
export function listenToAll(): Message[] {
  const messages: Message[] = [];
  for (const channel of channels) {
    const to = (kind: string) => (facts: unknown) =>
      void messages.push({
        channel,
        kind,
        facts: facts as Record<string, unknown>,
        shown: inspect(facts, { showHidden: true, depth: 12, getters: true, maxStringLength: null }),
      });
    const [start, end, asyncStart, asyncEnd, error] = ["start", "end", "asyncStart", "asyncEnd", "error"].map(to);
    subscribe(channel, { start, end, asyncStart, asyncEnd, error } as TracingChannelSubscribers<object>);
  }
  return messages;
}

/** The facts of operations that have ended. */
export function ended(messages: readonly Message[], channel: NotionOAuthTraceName): Record<string, unknown>[] {
  return messages.filter((one) => one.channel === channel && one.kind === "asyncEnd").map(({ facts }) => facts);
}
