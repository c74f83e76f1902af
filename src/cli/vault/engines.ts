import type { EngineEntry } from "./engine.js";

/** The vaults that the command line knows, each by the name of its option. */
export const engines: Readonly<Record<string, EngineEntry>> = {
  sqlite: {
    value: "FILE",
    summary: "the file of sqliteVault()",
    load: async () => (await import("./sqlite-engine.js")).sqliteEngine,
  },
  postgres: {
    value: "URL",
    summary: "the database of postgresVault()",
    load: async () => (await import("./postgres-engine.js")).postgresEngine,
  },
  redis: {
    value: "URL",
    summary: "the server of redisVault()",
    load: async () => (await import("./redis-engine.js")).redisEngine,
  },
};

/** The same as options for `parseArgs`. */
export const engineFlags = Object.fromEntries(Object.keys(engines).map((name) => [name, { type: "string" as const }]));

/** The same as a part of a help text. */
export const engineHelp = Object.entries(engines)
  .map(([name, { value, summary }]) => `  ${`--${name} ${value}`.padEnd(24)} ${summary}`)
  .join("\n");
