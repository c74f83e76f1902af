import { RedisStore } from "connect-redis";
import connectPg from "connect-pg-simple";
import session from "express-session";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionStoreConnections } from "../../src/index.js";
import { type ConnectionStoreFixture, connectionStoreContract } from "../../src/testing/index.js";
import {
  describeWithService,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from "../support/services.js";

function battery(setup: () => Promise<ConnectionStoreFixture>): void {
  for (const { name, run } of connectionStoreContract(setup)) test.concurrent(name, run);
}

describe("connections in a MemoryStore", () => {
  battery(async () => ({ store: sessionStoreConnections(new session.MemoryStore()), close: async () => {} }));
});

describe("connections in a store without touch", () => {
  battery(async () => {
    const store = new session.MemoryStore();
    Object.assign(store, { touch: undefined });
    return { store: sessionStoreConnections(store), close: async () => {} };
  });
});

describeWithService("redis", "connections in connect-redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());

  battery(async () => {
    const clients = await Promise.all([
      createClient({ url: redis.url }).connect(),
      createClient({ url: redis.url }).connect(),
    ]);
    const [store, other] = clients.map((client) => sessionStoreConnections(new RedisStore({ client }))) as [
      never,
      never,
    ];
    return { store, other, close: async () => void clients.map((client) => client.destroy()) };
  });
});

describeWithService("postgres", "connections in connect-pg-simple", () => {
  const PgStore = connectPg(session);
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
    // One process creates the table before others use it.
    const pool = new pg.Pool({ connectionString: postgres.url });
    const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false });
    await new Promise<void>((resolve, reject) => store.get("none", (error) => (error ? reject(error) : resolve())));
    await pool.end();
  });
  afterAll(() => postgres.close());

  battery(async () => {
    const pools = [0, 1].map(() => new pg.Pool({ connectionString: postgres.url, max: 4 }));
    const [store, other] = pools.map((pool) =>
      sessionStoreConnections(new PgStore({ pool, pruneSessionInterval: false })),
    ) as [never, never];
    return {
      store,
      other,
      async close() {
        for (const pool of pools) await pool.end();
      },
    };
  });
});

describe("the battery catches a store that", () => {
  async function failures(breakIt: (store: ReturnType<typeof sessionStoreConnections>) => object): Promise<string[]> {
    const setup = async () => {
      const store = sessionStoreConnections(new session.MemoryStore());
      return { store: { ...store, ...breakIt(store) }, close: async () => {} };
    };
    const results = await Promise.allSettled(connectionStoreContract(setup).map(({ run }) => run()));
    return connectionStoreContract(setup)
      .map(({ name }) => name)
      .filter((_, index) => results[index]?.status === "rejected");
  }

  test("does nothing wrong: it passes", async () => {
    expect(await failures(() => ({}))).toEqual([]);
  });
  test("ignores the life time", async () => {
    expect(await failures((store) => ({ set: (id: string, value: never) => store.set(id, value, 1e9) }))).toContain(
      "a value is gone after its time",
    );
  });
  test("revives what it touches", async () => {
    const kept = new Map<string, never>();
    const broken = (store: ReturnType<typeof sessionStoreConnections>) => ({
      set: async (id: string, value: never, ttl: number) => {
        if (!kept.has(id)) kept.set(id, value);
        await store.set(id, value, ttl);
      },
      touch: (id: string, ttl: number) => store.set(id, kept.get(id) ?? ({} as never), ttl),
    });
    expect(await failures(broken)).toContain(
      "touch keeps a tombstone a tombstone, and makes nothing of what is not there",
    );
  });
  test("answers reads from a cache", async () => {
    const cache = new Map<string, Promise<unknown>>();
    const broken = (store: ReturnType<typeof sessionStoreConnections>) => ({
      get: (id: string) => cache.get(id) ?? cache.set(id, store.get(id)).get(id),
    });
    expect(await failures(broken)).toContain("a get that begins after a set has resolved sees it");
  });
});
