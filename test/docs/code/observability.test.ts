/** Every code block of docs/observability.md, run to its end; its tables name what there is. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tracingChannel } from "node:diagnostics_channel";
import * as prometheus from "@opentelemetry/exporter-prometheus";
import * as sdkMetrics from "@opentelemetry/sdk-metrics";
import { expect, onTestFinished, test, vi } from "vitest";
import * as telemetry from "../../../src/opentelemetry/index.js";
import { channels } from "../../telemetry/support/listen-to-all.js";
import { describeSamples } from "../support/samples.js";
import { createWorld, logIn } from "../support/world.js";

const notionSample = `const notion = createNotionOAuth({
  clientId: process.env.NOTION_CLIENT_ID,
  clientSecret: process.env.NOTION_CLIENT_SECRET,
  redirectUri: "https://app.example.com/auth/notion/callback",
});`;

/** An app whose user has logged in and out. */
async function loggedOut(world: Awaited<ReturnType<typeof createWorld>>, notion: { middleware(): never }) {
  const app = world.app().use(notion.middleware());
  app.get("/", (_req, res) => void res.send("home"));
  const client = await world.serve(app);
  await logIn(world, client);
  expect((await client.post("/logout", { accept: "application/json" })).json()).toMatchObject({
    revocation: "revoked",
  });
}

/** Ends what a sample has begun, also those that have no name. */
function instrumentations() {
  const made: telemetry.NotionOAuthInstrumentation[] = [];
  onTestFinished(() => {
    for (const one of made) one.disable();
  });
  class NotionOAuthInstrumentation extends telemetry.NotionOAuthInstrumentation {
    constructor(config?: telemetry.NotionOAuthInstrumentationConfig) {
      super(config);
      made.push(this);
    }
  }
  return { "express-notion-oauth/opentelemetry": { NotionOAuthInstrumentation } };
}

describeSamples("docs/observability.md", {
  async "A readiness probe"(code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const app = world.app();
    await world.run(code, { app, notion });
    const client = await world.serve(app);
    const healthy = await client.get("/readyz");
    expect([healthy.status, healthy.json()]).toEqual([
      200,
      { waiting: 0, failed: 0, isNotionDown: false, vaultLatency: expect.any(Number) },
    ]);
  },
  async OpenTelemetry(code) {
    const world = await createWorld();
    const started: unknown[] = [];
    // The package is large, and only hands them on.
    class NodeSDK {
      start = () => {};
      constructor({ instrumentations: given }: { instrumentations: unknown[] }) {
        started.push(...given);
      }
    }
    const modules = { ...instrumentations(), "@opentelemetry/sdk-node": { NodeSDK } };
    const { notionInstrumentation } = await world.run(code, { modules });
    expect(started).toEqual([notionInstrumentation]);
  },
  async "OpenTelemetry 2"(code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const observe = vi.fn();
    await world.run(code, { notion, notionInstrumentation: { observe } });
    expect(observe).toHaveBeenCalledWith(notion);
  },
  async "Metrics alone"(code) {
    const world = await createWorld();
    const { notion } = await world.run(notionSample);
    const modules = {
      ...instrumentations(),
      "node:http": await import("node:http"),
      "@opentelemetry/exporter-prometheus": prometheus,
      "@opentelemetry/sdk-metrics": sdkMetrics,
    };
    const { metrics } = await world.run(code.replace("9464", "0"), { notion, modules });
    onTestFinished(() => metrics.close());
    await once(metrics, "listening");
    await loggedOut(world, notion);
    const address = `http://127.0.0.1:${(metrics.address() as AddressInfo).port}/metrics`;
    const text = await (await fetch(address)).text();
    const page = readFileSync(new URL("../../../docs/observability.md", import.meta.url), "utf8");
    const [, table = ""] = page.split("Alarms worth having");
    const named = [...table.matchAll(/^\| [^|]*?(express_notion_oauth_\w+)/gm)].map(([, name = ""]) => name);
    expect(named).toHaveLength(4);
    expect(named.filter((name) => !text.includes(name))).toEqual([]);
    expect(text).toMatch(
      /^express_notion_oauth_logout_duration_count\{express_notion_oauth_revocation="revoked".*\} 1$/m,
    );
    for (const token of world.emulator.tokens) expect(text).not.toContain(token.value);
  },
  async "Tracing channels"(code) {
    const world = await createWorld();
    const lines: unknown[][] = [];
    const console = { log: (...line: unknown[]) => void lines.push(line) };
    const subscribed: (() => void)[] = [];
    onTestFinished(() => {
      for (const stop of subscribed) stop();
    });
    const tracing = (name: string) => ({
      subscribe(subscribers: never) {
        tracingChannel(name).subscribe(subscribers);
        subscribed.push(() => void tracingChannel(name).unsubscribe(subscribers));
      },
    });
    const modules = { "node:diagnostics_channel": { tracingChannel: tracing } };
    await world.run(code, { console, modules });
    const { notion } = await world.run(notionSample);
    await loggedOut(world, notion);
    expect(lines).toEqual(Array(2).fill(["revoke", 200, "confirmed", expect.any(String), undefined]));
  },
});

test("docs/observability.md names every channel, histogram, gauge and field of health()", async () => {
  const page = readFileSync(new URL("../../../docs/observability.md", import.meta.url), "utf8");
  const source = (path: string) => readFileSync(new URL(`../../../src/${path}`, import.meta.url), "utf8");
  const [, health = ""] = /export interface Health \{([\s\S]*?)\n\}/.exec(source("lifecycle/ending/health.ts")) ?? [];
  const names = [
    ...channels.map((channel) => `express-notion-oauth:${channel}`),
    ...(source("opentelemetry/operations.ts") + source("opentelemetry/observe-health.ts")).matchAll(
      /name: "([\w.]+)"/g,
    ),
    ...health.matchAll(/^ {2}readonly (\w+):/gm),
  ].map((found) => (typeof found === "string" ? found : (found[1] ?? "")));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
