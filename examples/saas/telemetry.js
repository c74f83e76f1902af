// @ts-check
// What Prometheus reads: how many logouts there were and how long they took, what waits to be revoked and since when. Each process has its own.
import { once } from "node:events";
import { createServer } from "node:http";
import { PrometheusExporter } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { NotionOAuthInstrumentation } from "express-notion-oauth/opentelemetry";

/**
 * Serves metrics on a port of their own, which is not for the public.
 * @param {string} processName
 * @param {import("express-notion-oauth").NotionOAuth} notion
 * @returns stops
 */
export async function serveMetrics(processName, notion) {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const instrumentation = new NotionOAuthInstrumentation();
  instrumentation.setMeterProvider(new MeterProvider({ readers: [exporter] }));
  instrumentation.observe(notion);
  const server = createServer((req, res) => exporter.getMetricsRequestHandler(req, res));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`Metrics of the ${processName}: http://127.0.0.1:${port}/metrics`);
  return () => {
    instrumentation.disable();
    server.close();
  };
}
