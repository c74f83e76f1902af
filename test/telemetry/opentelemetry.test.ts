import { context, diag, metrics, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { registerInstrumentations } from "@opentelemetry/instrumentation";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, onTestFinished, test } from "vitest";
import { manifest } from "../package/support/tarball.js";
import { memoryVault } from "../../src/index.js";
import { NotionOAuthInstrumentation } from "../../src/opentelemetry/index.js";
import { eventually, startApp } from "../support/app.js";
import { faultyVault } from "../support/vaults.js";

/** A real SDK that keeps in memory what it would send. */
function startSdk() {
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  const instrumentation = new NotionOAuthInstrumentation();
  const unregister = registerInstrumentations({ instrumentations: [instrumentation], tracerProvider, meterProvider });
  onTestFinished(async () => {
    unregister();
    await meterProvider.shutdown();
    context.disable();
    trace.disable();
    metrics.disable();
  });
  return {
    instrumentation,
    tracer: tracerProvider.getTracer("the app"),
    spans: () => spans.getFinishedSpans(),
    /** What was measured, by the name of the instrument. */
    async measured() {
      metricExporter.reset();
      await reader.forceFlush();
      const all = metricExporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      return Object.fromEntries(all.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]));
    },
  };
}

const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;
const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;

/** An app whose every request has a span of its own, as the SDK's HTTP instrumentation makes it. */
async function startTracedApp(sdk: ReturnType<typeof startSdk>, options: Parameters<typeof startApp>[0] = {}) {
  return startApp({
    ...options,
    before: (app) =>
      void app.use((req, res, next) => {
        sdk.tracer.startActiveSpan(`${req.method} ${req.path}`, (span) => {
          res.once("close", () => span.end());
          next();
        });
      }),
  });
}

test("spans have the right names, kinds, attributes and parents, across a refresh in withAccessToken", async () => {
  const sdk = startSdk();
  const app = await startTracedApp(sdk, {
    routes: (server) =>
      void server.get("/use", async (req, res) => {
        await req.notion.withAccessToken((token) =>
          sdk.tracer.startActiveSpan("the app's call", async (span) => {
            span.end();
            if (!app.emulator.isActive(token)) throw Object.assign(new Error("Notion refused"), { status: 401 });
          }),
        );
        res.json({});
      }),
  });
  const client = await app.loggedIn();
  app.emulator.expireAccessToken(app.emulator.activeTokens()[0]?.value ?? "");
  expect((await client.get("/use")).status).toBe(200);
  expect((await client.post("/logout")).status).toBe(303);
  const named = (name: string) => sdk.spans().filter((span) => span.name === name);
  await eventually(() => named("POST /logout").length === 1, "the request's span has ended");

  const [request] = named("GET /use");
  const calls = named("the app's call");
  const refresh = named("POST /v1/oauth/token").find(
    ({ attributes }) => attributes["express_notion_oauth.operation"] === "refresh",
  );
  expect(calls.map(parentOf)).toEqual([idOf(request), idOf(request)]);
  expect(parentOf(refresh)).toBe(idOf(request));
  const { hostname, port } = new URL(app.emulator.url);
  expect(refresh?.kind).toBe(SpanKind.CLIENT);
  expect(refresh?.attributes).toMatchObject({
    "http.request.method": "POST",
    "http.response.status_code": 200,
    "server.address": hostname,
    "server.port": Number(port),
    "url.full": `${app.emulator.url}/v1/oauth/token`,
    "url.template": "/v1/oauth/token",
    "express_notion_oauth.request_id": expect.stringMatching(/^[\da-f-]{36}$/),
  });

  const [logout] = named("notion logout");
  const [logoutRequest] = named("POST /logout");
  expect(parentOf(logout)).toBe(idOf(logoutRequest));
  expect(logout?.attributes).toEqual({
    "express_notion_oauth.revocation": "revoked",
    "express_notion_oauth.tokens": 2,
  });
  expect(named("POST /v1/oauth/revoke").map(parentOf)).toEqual(Array(3).fill(idOf(logout)));
  const writes = named("vault replace").filter((span) => parentOf(span) === idOf(logout));
  expect(writes.map(({ kind }) => kind)).toContain(SpanKind.CLIENT);
  expect(writes[0]?.attributes).toEqual({
    "db.system.name": "memory",
    "db.operation.name": "replace",
  });
  const [login] = named("notion login");
  const exchange = named("POST /v1/oauth/token").find(
    ({ attributes }) => attributes["express_notion_oauth.operation"] === "exchange",
  );
  expect(parentOf(exchange)).toBe(idOf(login));
  expect(login?.attributes).toMatchObject({ "express_notion_oauth.via": "callback" });
  // What nobody asked for, such as the worker's looks at the vault, has no spans.
  expect(sdk.spans().filter(({ name }) => name === "vault nextDueIn")).toEqual([]);
});

test("a worker's spans are nobody's part, and failures have their type", async () => {
  const sdk = startSdk();
  const app = await startTracedApp(sdk);
  const client = await app.loggedIn();
  app.emulator.fault("revoke", { status: 503, times: 3 });
  await client.post("/logout");
  await eventually(() => app.emulator.activeTokens().length === 0);
  const worker = () => sdk.spans().filter(({ name }) => name === "notion worker ending");
  await eventually(() =>
    worker().some(({ attributes }) => attributes["express_notion_oauth.revocation"] === "revoked"),
  );

  expect(
    worker()
      .map(parentOf)
      .filter((parent) => parent !== undefined),
  ).toEqual([]);
  const ids = worker().map(idOf);
  const revokes = sdk.spans().filter(({ name }) => name === "POST /v1/oauth/revoke");
  expect(revokes.some((span) => ids.includes(parentOf(span)))).toBe(true);
  const failed = revokes.filter(({ status }) => status.code === SpanStatusCode.ERROR);
  expect(failed).toHaveLength(3);
  expect(failed[0]?.attributes).toMatchObject({ "error.type": "notion_unavailable", "http.response.status_code": 503 });
});

test("metrics tell logouts by outcome, refreshes, the vault's latency, the worker's pace and what waits", async () => {
  const sdk = startSdk();
  const vault = faultyVault(memoryVault());
  const app = await startTracedApp(sdk, { notion: { vault, retry: { minDelay: 1000, maxDelay: 900_000 } } });
  sdk.instrumentation.observe(app.notion, { app: "the app" });
  sdk.instrumentation.observe(app.notion, { app: "the app" });
  const one = await app.loggedIn();
  const other = await app.loggedIn();
  await one.post("/logout");
  app.emulator.down();
  await other.post("/logout");

  const before = await sdk.measured();
  const logouts = before["express_notion_oauth.logout.duration"] ?? [];
  expect(logouts.map(({ attributes, value }) => [attributes, (value as { count: number }).count])).toEqual([
    [{ "express_notion_oauth.revocation": "revoked" }, 1],
    [{ "express_notion_oauth.revocation": "queued" }, 1],
  ]);
  const value = (measured: typeof before, name: string) => measured[`express_notion_oauth.${name}`];
  expect(value(before, "revocations.waiting")).toMatchObject([{ value: 1, attributes: { app: "the app" } }]);
  expect(value(before, "vault.down")).toMatchObject([{ value: 0 }]);
  expect(value(before, "notion.down")).toHaveLength(1);
  expect(value(before, "revocations.failed")).toMatchObject([{ value: 0 }]);
  expect(Number(value(before, "revocations.age")?.[0]?.value)).toBeGreaterThan(0);
  const vaultCalls = value(before, "vault.duration")?.map(({ attributes }) => attributes) ?? [];
  expect(vaultCalls).toContainEqual({
    "db.operation.name": "get",
  });

  app.emulator.up();
  await eventually(async () => (await app.notion.health()).waiting === 0);
  vault.failing = (method) => method === "find";
  const after = await sdk.measured();
  expect(value(after, "vault.down")).toMatchObject([{ value: 1 }]);
  expect(value(after, "worker.duration")?.map(({ attributes }) => attributes)).toContainEqual({
    "express_notion_oauth.state": "ending",
    "express_notion_oauth.revocation": "revoked",
  });
});

test("no token, code, state or secret is in any of it", async () => {
  const sdk = startSdk();
  const app = await startTracedApp(sdk, { notion: { secret: "a sealing secret of 32 bytes, or so" } });
  sdk.instrumentation.observe(app.notion);
  const client = app.client();
  const { location } = await client.get("/login");
  const callback = new URL(await app.emulator.authorize(location));
  await client.get(callback.href);
  app.emulator.expireAccessToken(app.emulator.activeTokens()[0]?.value ?? "");
  await client.get("/me");
  await client.post("/logout");
  const told = JSON.stringify([
    sdk.spans().map(({ name, attributes, events, status, links }) => ({ name, attributes, events, status, links })),
    await sdk.measured(),
  ]);
  const { searchParams } = callback;
  const hidden = ["emulated-secret", "a sealing secret", ...app.emulator.tokens.map((token) => token.value)];
  expect(told.length).toBeGreaterThan(1000);
  for (const text of [...hidden, searchParams.get("code") ?? "none", searchParams.get("state") ?? "none"])
    expect(told.includes(text)).toBe(false);
});

test("disabled, it listens to nothing; it may be enabled again", async () => {
  const sdk = startSdk();
  const app = await startTracedApp(sdk);
  const own = () =>
    sdk.spans().filter(({ instrumentationScope }) => instrumentationScope.name === "express-notion-oauth");
  sdk.instrumentation.disable();
  await app.loggedIn();
  expect(own()).toEqual([]);
  sdk.instrumentation.enable();
  sdk.instrumentation.enable();
  await app.loggedIn();
  expect(own().filter(({ name }) => name === "notion login")).toHaveLength(1);
  expect(own()[0]?.instrumentationScope.version).toBe(manifest.version);
  expect(new NotionOAuthInstrumentation({ enabled: false }).getConfig()).toEqual({ enabled: false });
});

test("a tracer, span or meter that throws changes nothing for the app", async () => {
  const broken = () => {
    throw new Error("telemetry is broken");
  };
  const problems: unknown[] = [];
  diag.setLogger(
    {
      debug: () => {},
      info: () => {},
      warn: () => {},
      verbose: () => {},
      error: (...what) => void problems.push(what),
    },
    { suppressOverrideMessage: true },
  );
  onTestFinished(() => diag.disable());
  const sdk = startSdk();
  const span = {
    ...trace.wrapSpanContext({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 }),
    end: broken,
  };
  const parts = [{ startSpan: broken }, { startSpan: () => span }];
  for (const tracer of parts) {
    sdk.instrumentation.setTracerProvider({ getTracer: () => tracer as never });
    const app = await startTracedApp(sdk);
    const client = await app.loggedIn();
    expect((await client.post("/logout", { accept: "application/json" })).json()).toMatchObject({
      revocation: "revoked",
    });
    expect(problems.splice(0)).not.toEqual([]);
  }
});

test("a user who declines is no fault of the app's", async () => {
  const sdk = startSdk();
  const app = await startTracedApp(sdk);
  const client = app.client();
  const { location } = await client.get("/login");
  expect((await client.get(await app.emulator.authorize(location, { deny: true }))).status).toBe(403);
  const login = () => sdk.spans().find(({ name }) => name === "notion login");
  await eventually(() => login() !== undefined, "the span has ended");
  expect(login()?.status.code).toBe(SpanStatusCode.UNSET);
  expect(login()?.attributes["error.type"]).toBe("access_denied");
});
