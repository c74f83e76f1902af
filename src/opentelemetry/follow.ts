import { type TracingChannelSubscribers, tracingChannel } from "node:diagnostics_channel";
import {
  type Attributes,
  context,
  diag,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { NotionOAuthTraceName, NotionOAuthTraces } from "../tracing.js";
import { type Operation, operations } from "./operations.js";

/** Bounds of the histograms, in seconds: those that the conventions advise, and two below for a vault that is near. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** What is known of an operation that has begun. */
interface Started {
  readonly at: number;
  readonly attributes: Attributes;
  readonly span: Span | undefined;
}

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
  const started = new WeakMap<Facts, Started>();
  // Only what is listened to: the types want all five.
  const subscribers = {
    start: safely((facts: Facts) => {
      const attributes = operation.attributes(facts);
      const span = startSpan(operation, operation.spanName(facts), attributes, tracer());
      started.set(facts, { at: performance.now(), attributes, span });
      if (span === undefined) return;
      const active = trace.setSpan(context.active(), span);
      const { within } = facts;
      facts.within = (run) => context.with(active, within === undefined ? run : () => within(run));
    }),
    asyncEnd: safely((facts: Facts) => {
      const start = started.get(facts);
      // What began before somebody listened.
      if (start === undefined) return;
      const { at, attributes, span } = start;
      const outcome = { ...operation.outcome(facts), ...failureOf(facts) };
      span?.setAttributes({ ...outcome, ...operation.details(facts) });
      if (isFault(operation, facts)) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
      histogram.record((performance.now() - at) / 1000, { ...attributes, ...outcome });
    }),
  } as TracingChannelSubscribers<Facts>;
  const channel = tracingChannel<unknown, Facts>(`express-notion-oauth:${name}`);
  channel.subscribe(subscribers);
  return () => void channel.unsubscribe(subscribers);
}

function startSpan(
  { isPart, isRoot: root, kind }: Operation<never>,
  name: string,
  attributes: Attributes,
  tracer: Tracer,
): Span | undefined {
  return isPart && trace.getActiveSpan() === undefined ? undefined : tracer.startSpan(name, { kind, root, attributes });
}

/** A subscriber that throws ends the process: nobody's telemetry may do that. */
function safely<Facts>(listener: (facts: Facts) => void): (facts: Facts) => void {
  return (facts) => {
    try {
      listener(facts);
    } catch (error) {
      diag.error("express-notion-oauth: an operation could not be told", error);
    }
  };
}

/** A call that failed is one. A login or logout is none where it was the browser that asked for what cannot be: a user who declines, a stale link. */
function isFault(operation: Operation<never>, { error }: { readonly error?: unknown }): boolean {
  const { status } = Object(error) as { readonly status?: unknown };
  return error !== undefined && (operation.kind === SpanKind.CLIENT || typeof status !== "number" || status >= 500);
}

/** The code of our own errors, and the class of all others, such as those of an app's `verify`. Never a message: it may hold anything. */
function failureOf({ error }: { readonly error?: unknown }): Attributes {
  if (error === undefined) return {};
  const { code } = Object(error) as { readonly code?: unknown };
  // Letters alone: a token would have digits.
  if (typeof code === "string" && /^[a-z_]{1,40}$/.test(code)) return { "error.type": code };
  return { "error.type": error instanceof Error ? error.constructor.name : typeof error };
}
