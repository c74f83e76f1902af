import { type TracingChannelSubscribers, tracingChannel } from "node:diagnostics_channel";
import {
  type Attributes,
  context,
  type Meter,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { NotionOAuthTraceName, NotionOAuthTraces } from "../tracing.js";
import { type Operation, operations } from "./operations.js";

/** Bounds of the histograms, in seconds: those that the conventions advise, and two below for a vault that is near. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * Makes a span and a measurement of every operation that a channel tells of.
 * @param tracer of this moment: an app may set its provider later
 * @returns stops
 */
export function follow<N extends NotionOAuthTraceName>(name: N, tracer: () => Tracer, meter: Meter): () => void {
  type Facts = NotionOAuthTraces[N];
  const operation: Operation<Facts> = operations[name];
  const histogram = meter.createHistogram(operation.metric.name, {
    description: operation.metric.description,
    unit: "s",
    advice: { explicitBucketBoundaries: BOUNDS },
  });
  const started = new WeakMap<Facts, { readonly at: number; readonly span: Span | undefined }>();
  const nothing = () => {};
  const subscribers: TracingChannelSubscribers<Facts> = {
    start(facts) {
      const span = startSpan(operation, facts, tracer());
      started.set(facts, { at: performance.now(), span });
      if (span === undefined) return;
      const active = trace.setSpan(context.active(), span);
      const { within } = facts;
      facts.within = (run) => context.with(active, within === undefined ? run : () => within(run));
    },
    asyncEnd(facts) {
      const { at, span } = started.get(facts) ?? {};
      // What began before somebody listened.
      if (at === undefined) return;
      const outcome = { ...operation.outcome(facts), ...failureOf(facts) };
      histogram.record((performance.now() - at) / 1000, { ...operation.attributes(facts), ...outcome });
      if (span === undefined) return;
      span.setAttributes({ ...outcome, ...operation.details(facts) });
      if (facts.error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
    end: nothing,
    asyncStart: nothing,
    error: nothing,
  };
  const channel = tracingChannel<unknown, Facts>(`express-notion-oauth:${name}`);
  channel.subscribe(subscribers);
  return () => void channel.unsubscribe(subscribers);
}

function startSpan<Facts>(operation: Operation<Facts>, facts: Facts, tracer: Tracer): Span | undefined {
  if (operation.isPart && trace.getActiveSpan() === undefined) return undefined;
  const { kind, isRoot: root } = operation;
  return tracer.startSpan(operation.spanName(facts), { kind, root, attributes: operation.attributes(facts) });
}

/** The code of our own errors, and the class of all others, such as those of an app's `verify`. Never a message: it may hold anything. */
function failureOf({ error }: { readonly error?: unknown }): Attributes {
  if (error === undefined) return {};
  const { code } = Object(error) as { readonly code?: unknown };
  // Letters alone: a token would have digits.
  if (typeof code === "string" && /^[a-z_]{1,40}$/.test(code)) return { "error.type": code };
  return { "error.type": error instanceof Error ? error.constructor.name : typeof error };
}
