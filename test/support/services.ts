import { describe, expect, test } from "vitest";
import { requireService, type ServiceName } from "./find-service.js";

export { requireService, type ServiceCheck, type ServiceName } from "./find-service.js";
export { type PgBouncer, startPgBouncer } from "./pgbouncer-server.js";
export { type PostgresServer, startPostgres } from "./postgres-server.js";
export { type RedisServer, startRedis } from "./redis-server.js";

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
