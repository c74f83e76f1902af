import { type TracingChannelSubscribers, tracingChannel } from "node:diagnostics_channel";
import type { NotionOAuthTraceName } from "../../../src/index.js";
import { onTestFinished } from "../../support/on-test-finished.js";

/** Listens to some messages of a channel until the end of the test, as an app would: by its name. */
export function subscribe<Facts extends object>(
  name: NotionOAuthTraceName,
  listeners: Partial<TracingChannelSubscribers<Facts>>,
): void {
  const subscribers = listeners as TracingChannelSubscribers<Facts>;
  const channel = tracingChannel<unknown, Facts>(`express-notion-oauth:${name}`);
  channel.subscribe(subscribers);
  onTestFinished(() => void channel.unsubscribe(subscribers));
}
