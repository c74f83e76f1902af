import { existsSync } from "node:fs";
import { createClient } from "redis";
import { Client } from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { describeWithService, requireService, startPostgres, startRedis } from "./services.js";

const closers: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(closers.splice(0).map((close) => close()));
});

describeWithService("redis", "startRedis", () => {
  test("an append-only server keeps its data when it is killed and restarted, and answers again after a pause", async () => {
    const server = await startRedis({ appendonly: true, args: ["--appendfsync", "always"] });
    closers.push(() => server.close());
    const client = createClient({ url: server.url });
    client.on("error", () => {});
    await client.connect();
    closers.push(async () => client.destroy());
    await client.set("key", "value");

    await server.restart();
    expect(await client.get("key")).toBe("value");

    server.pause();
    const answer = client.get("key");
    await expect(Promise.race([answer, later(100)])).resolves.toBe("later");
    server.resume();
    await expect(answer).resolves.toBe("value");
  });
});

describeWithService("postgres", "startPostgres", () => {
  test("it keeps its data over a restart", async () => {
    const server = await startPostgres();
    closers.push(() => server.close());
    await query(server.url, "CREATE TABLE seen (n int)");
    await server.restart();
    expect(await query(server.url, "SELECT count(*)::int AS n FROM seen")).toEqual([{ n: 0 }]);
  });
});

test("a service that is not installed is told with its reason", () => {
  vi.stubEnv("PATH", "");
  vi.stubEnv("CHROMIUM_PATH", undefined);
  expect(requireService("redis")).toEqual({ available: false, reason: "redis-server not installed", path: undefined });
  expect(requireService("chromium").reason).toBe("chromium not installed");
});

test("an installed service is told with its path", () => {
  vi.stubEnv("CHROMIUM_PATH", process.execPath);
  const { path } = requireService("chromium");
  expect(path !== undefined && existsSync(path)).toBe(true);
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

function later(ms: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, ms, "later"));
}
