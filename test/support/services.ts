import { describe, expect, test } from "vitest";
import { findBinary } from "./binaries.js";

export { type PgBouncer, startPgBouncer } from "./pgbouncer-server.js";
export { type PostgresServer, startPostgres } from "./postgres-server.js";
export { type RedisServer, startRedis } from "./redis-server.js";

/** What some suites need on the machine and no package can bring. */
export type ServiceName = "redis" | "postgres" | "pgbouncer" | "chromium";

export type ServiceCheck =
  | { readonly available: true; readonly reason: undefined; readonly path: string }
  | { readonly available: false; readonly reason: string; readonly path: undefined };

const services: Record<ServiceName, { label: string; find: () => string | undefined }> = {
  redis: { label: "redis-server", find: () => findBinary("redis-server") },
  postgres: {
    label: "postgres",
    find: () => (findBinary("initdb") === undefined ? undefined : findBinary("postgres")),
  },
  pgbouncer: { label: "pgbouncer", find: () => findBinary("pgbouncer") },
  chromium: {
    label: "chromium",
    find: () =>
      process.env.CHROMIUM_PATH ??
      findBinary("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"),
  },
};

/** Whether the service is installed, and the path of its program. */
export function requireService(name: ServiceName): ServiceCheck {
  const { label, find } = services[name];
  const path = find();
  return path === undefined
    ? { available: false, reason: `${label} not installed`, path }
    : { available: true, reason: undefined, path };
}

/**
 * vitest's `describe` for a suite that needs a service. Without the service the suite is skipped, and says so by name;
 * with `REQUIRE_SERVICES=1` in the environment it fails instead.
 */
export function describeWithService(name: ServiceName, title: string, suite: () => void): void {
  describeUnless(requireService(name).reason, title, suite);
}

/** As {@link describeWithService}, for anything that may be missing: `reason` says what, and is undefined when nothing is. */
export function describeUnless(reason: string | undefined, title: string, suite: () => void): void {
  if (reason === undefined) {
    describe(title, suite);
  } else if (process.env.REQUIRE_SERVICES === "1") {
    describe(title, () => {
      test("has what it needs", () => {
        expect.fail(`${reason}, and REQUIRE_SERVICES=1 does not let the suite be skipped.`);
      });
    });
  } else {
    describe.skip(`${title} (${reason})`, suite);
  }
}
