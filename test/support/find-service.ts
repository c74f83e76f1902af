import { findBinary } from "./binaries.js";

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
    // The headless build takes half the CPU of one that could show a window.
    find: () =>
      process.env.CHROMIUM_PATH ??
      findBinary(
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
        "chrome",
      ),
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

/** One line on what is there and what is not. */
export function servicesLine(): string {
  const found = (Object.keys(services) as ServiceName[]).map((name) => {
    const { path } = requireService(name);
    return `${services[name].label} ${path ?? "not found"}`;
  });
  const isMissing = found.some((one) => one.endsWith("not found"));
  return `Services: ${found.join(", ")}${isMissing ? ": suites that need it are skipped" : ""}.`;
}
