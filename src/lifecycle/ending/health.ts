import type { Core } from "../core.js";
import { listRevocations } from "./revocation-operations.js";

/** How the vault and Notion are, for a readiness probe or a dashboard. That there is an answer at all means that the vault gives answers. */
export interface Health {
  /** How many revocations wait; counted up to 1000. */
  readonly waiting: number;
  /** Since when the oldest of them waits, in ms since 1970. */
  readonly since: number | undefined;
  /** How many were given up; counted up to 1000. */
  readonly failed: number;
  /** When Notion last confirmed a revocation to this process, in ms since 1970; undefined when it has not since the start. */
  readonly lastRevokedAt: number | undefined;
  /** Whether try after try has failed in this process: then it only probes, and what ends waits. */
  readonly isNotionDown: boolean;
  /** What the last try failed with, such as `notion_unreachable`, `notion_rate_limited` or `invalid_client`; undefined when it did not fail. */
  readonly lastFailure: string | undefined;
  /** How long the vault took to tell what waits and what failed, in ms. */
  readonly vaultLatency: number;
}

/** Watches what has to be known before somebody asks. @returns reads it; rejects with a StoreError when the vault is away */
export function createHealth(core: Core): () => Promise<Health> {
  let lastRevokedAt: number | undefined;
  core.events.on("token.revoked", ({ at }) => {
    lastRevokedAt = at;
  });
  return async () => {
    const start = performance.now();
    const [waiting, failed] = await Promise.all([listRevocations(core, "ending"), listRevocations(core, "failed")]);
    const vaultLatency = Math.round(performance.now() - start);
    const times = waiting.flatMap(({ since }) => since ?? []);
    return {
      waiting: waiting.length,
      since: times.length === 0 ? undefined : Math.min(...times),
      failed: failed.length,
      lastRevokedAt,
      isNotionDown: core.outage.isOn,
      lastFailure: core.outage.lastFailure,
      vaultLatency,
    };
  };
}
