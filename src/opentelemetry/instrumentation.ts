import { type Attributes, type MeterProvider, metrics, trace, type TracerProvider } from "@opentelemetry/api";
import type { NotionOAuth } from "../notion-oauth.js";
import type { NotionOAuthTraceName } from "../tracing.js";
import { follow } from "./follow.js";
import { observeHealth } from "./observe-health.js";
import { operations } from "./operations.js";

const NAME = "express-notion-oauth";
const VERSION = "0.1.0";

/** What {@link NotionOAuthInstrumentation} takes. */
export interface NotionOAuthInstrumentationConfig {
  /** Whether it begins when it is made. Default true. */
  readonly enabled?: boolean;
}

/**
 * Spans and metrics of OpenTelemetry for every `createNotionOAuth()` and strategy of this process. Hand it to `NodeSDK` or `registerInstrumentations()`
 * as any other instrumentation; it needs nothing but `@opentelemetry/api`. No token, code, state or secret is in any of them.
 * @see https://opentelemetry.io/docs/languages/js/instrumentation/
 * @example
 * ```ts
 * import { registerInstrumentations } from "@opentelemetry/instrumentation";
 * import { NotionOAuthInstrumentation } from "express-notion-oauth/opentelemetry";
 *
 * const instrumentation = new NotionOAuthInstrumentation();
 * registerInstrumentations({ instrumentations: [instrumentation] });
 * instrumentation.observe(notion);
 * ```
 */
export class NotionOAuthInstrumentation {
  /** Under this name, spans and metrics come. */
  readonly instrumentationName = NAME;
  /** The version of this package. */
  readonly instrumentationVersion: string = VERSION;
  #config: NotionOAuthInstrumentationConfig;
  #tracers: TracerProvider = trace;
  #meters: MeterProvider = metrics;
  /** Undefined while it is disabled. */
  #stops: (() => void)[] | undefined;
  readonly #observed = new Map<NotionOAuth, Attributes>();

  /** Begins at once, unless `enabled` is false. */
  constructor(config: NotionOAuthInstrumentationConfig = {}) {
    this.#config = config;
    if (config.enabled !== false) this.enable();
  }

  /** Begins. Called again, it changes nothing. */
  enable(): void {
    if (this.#stops !== undefined) return;
    const tracer = () => this.#tracers.getTracer(NAME, VERSION);
    const meter = this.#meter;
    const names = Object.keys(operations) as NotionOAuthTraceName[];
    this.#stops = [
      ...names.map((name) => follow(name, tracer, meter)),
      ...[...this.#observed].map(([notion, attributes]) => observeHealth(meter, notion, attributes)),
    ];
  }

  /** Ends. Spans that have begun stay without an end. */
  disable(): void {
    for (const stop of this.#stops ?? []) stop();
    this.#stops = undefined;
  }

  /**
   * Also measures what waits at a `notion`: how many revocations and for how long, how many were given up, whether Notion or the vault is away. Its vault is
   * asked each time that the metrics are read.
   * @param attributes what tells it from others, in an app with several
   */
  observe(notion: NotionOAuth, attributes: Attributes = {}): void {
    if (this.#observed.has(notion)) return;
    this.#observed.set(notion, attributes);
    this.#stops?.push(observeHealth(this.#meter, notion, attributes));
  }

  /** Where spans go. Called by OpenTelemetry's set-up. Default: the global provider. */
  setTracerProvider(provider: TracerProvider): void {
    this.#tracers = provider;
  }

  /** Where metrics go. Called by OpenTelemetry's set-up. Default: the global provider. */
  setMeterProvider(provider: MeterProvider): void {
    this.#meters = provider;
    if (this.#stops === undefined) return;
    this.disable();
    this.enable();
  }

  /** Called by OpenTelemetry's set-up. It begins or ends nothing. */
  setConfig(config: NotionOAuthInstrumentationConfig): void {
    this.#config = config;
  }

  /** What was set last. */
  getConfig(): NotionOAuthInstrumentationConfig {
    return this.#config;
  }

  get #meter() {
    return this.#meters.getMeter(NAME, VERSION);
  }
}
