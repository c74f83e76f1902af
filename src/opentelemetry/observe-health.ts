import type { Attributes, BatchObservableCallback, Meter } from "@opentelemetry/api";
import type { Health } from "../lifecycle/ending/health.js";
import type { NotionOAuth } from "../notion-oauth.js";

interface Gauge {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** @param health undefined where the vault does not answer @returns undefined where nothing is known */
  readonly read: (health: Health | undefined) => number | undefined;
}

const gauges: readonly Gauge[] = [
  {
    name: "express_notion_oauth.revocations.waiting",
    description: "Revocations that Notion has not confirmed yet, counted up to 1000",
    unit: "{revocation}",
    read: (health) => health?.waiting,
  },
  {
    name: "express_notion_oauth.revocations.age",
    description: "How long the oldest of them has waited",
    unit: "s",
    read: (health) => health && (health.since === undefined ? 0 : Math.max(0, Date.now() - health.since) / 1000),
  },
  {
    name: "express_notion_oauth.revocations.failed",
    description: "Revocations that were given up, counted up to 1000",
    unit: "{revocation}",
    read: (health) => health?.failed,
  },
  {
    name: "express_notion_oauth.notion.down",
    description: "1 while this process takes Notion to be down, or to limit the client",
    unit: "1",
    read: (health) => health && Number(health.isNotionDown),
  },
  {
    name: "express_notion_oauth.vault.down",
    description: "1 while the vault does not answer",
    unit: "1",
    read: (health) => Number(health === undefined),
  },
];

/** Measures what waits, each time that the metrics are read. @returns stops */
export function observeHealth(meter: Meter, notion: NotionOAuth, attributes: Attributes): () => void {
  const made = gauges.map((gauge) => ({ ...gauge, instrument: meter.createObservableGauge(gauge.name, gauge) }));
  const instruments = made.map(({ instrument }) => instrument);
  const observe: BatchObservableCallback = async (result) => {
    const health = await notion.health().catch(() => undefined);
    for (const { instrument, read } of made) {
      const value = read(health);
      if (value !== undefined) result.observe(instrument, value, attributes);
    }
  };
  meter.addBatchObservableCallback(observe, instruments);
  return () => meter.removeBatchObservableCallback(observe, instruments);
}
