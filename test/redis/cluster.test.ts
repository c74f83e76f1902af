import { Cluster } from "ioredis";
import { Cluster as Cluster5 } from "ioredis5";
import { createCluster } from "redis";
import { createCluster as createCluster5 } from "redis5";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RedisClient, redisVault } from "../../src/redis/index.js";
import type { Vault } from "../../src/vault/vault.js";
import { vaultContract } from "../../src/testing/index.js";
import { eventually } from "../../src/testing/eventually.js";
import { watchWarnings } from "./support/warnings.js";
import { type RedisCluster, startRedisCluster } from "../support/redis-cluster.js";
import { describeWithService, type RedisServer } from "../support/services.js";
import { type AppClient, ioredisClient, nodeRedisClient } from "./support/clients.js";
import { entry } from "../support/entry.js";
import { unlessLate } from "../support/unless-late.js";

let cluster: RedisCluster;
const open: Readonly<Record<string, () => Promise<AppClient>>> = {
  "ioredis 5": async () => ioredisClient(new Cluster5(nodes())),
  "ioredis 6, with a prefix,": async () => ioredisClient(new Cluster(nodes(), { keyPrefix: "app:" })),
  "redis 5": () => nodeRedisClient(createCluster5({ rootNodes: urls() })),
  "redis 6": () => nodeRedisClient(createCluster({ rootNodes: urls() })),
};
const nodes = () => servers().map(({ host, port }) => ({ host, port }));
const urls = () => servers().map(({ url }) => ({ url }));

describeWithService("redis", "redisVault on a cluster of three masters", () => {
  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: true });
  });
  afterAll(() => cluster?.close());

  const empty = async () => {
    for (const server of servers()) if (await isMaster(server)) await cluster.ask(server, "FLUSHALL");
  };

  // What the older versions do differently is what they do in a cluster, which the tests below look at.
  for (const [kind, connect] of Object.entries(open).filter(([kind]) => kind.includes("6"))) {
    describe(`with two clients of ${kind} keeps the contract:`, () => {
      let clients: readonly AppClient[];
      beforeAll(async () => {
        clients = [await connect(), await connect()];
      });
      afterAll(() => clients?.forEach((one) => void one.close()));

      const cases = vaultContract(async () => {
        // Nothing has failed over yet.
        await Promise.all(cluster.masters.map((server) => cluster.ask(server, "FLUSHALL")));
        return { vault: redisVault(clients[0]!.client), other: redisVault(clients[1]!.client), close: async () => {} };
      });
      for (const { name, run } of cases) test(name, unlessLate(run));
    });
  }

  test("keeps all of it on one master", async () => {
    await empty();
    const { client, close } = await open["ioredis 5"]!();
    onTestFinished(close);
    const vault = redisVault(client).open("client {a}");
    for (const id of ["a", "b", "c"]) await vault.insert(entry(id, { dueIn: 1 }));
    await vault.insert(entry("over", { state: "mark" }));
    const sizes = await Promise.all(cluster.masters.map((server) => cluster.ask(server, "DBSIZE")));
    expect(sizes.map(Number).filter((size) => size > 0)).toHaveLength(1);
  });

  test.each(Object.entries(open))("with a client of %s looks at every master", async (_kind, connect) => {
    await empty();
    const { client, close } = await connect();
    onTestFinished(close);
    const vault = redisVault(client).open("client");
    const last = cluster.masters[2]!;
    await configure(last, { "maxmemory-policy": "allkeys-lfu", maxmemory: "100mb" });
    await expect(vault.get("entry")).rejects.toThrow(/`allkeys-lfu`/);
    await configure(last, { "maxmemory-policy": "noeviction", maxmemory: "0" });
    expect(await vault.get("entry")).toBeUndefined();
  });

  test("says so when it cannot look at a master", async () => {
    await empty();
    const clients = await connectAll();
    await redisVault((await open["ioredis 5"]!()).client)
      .open("client")
      .insert(entry("entry"));
    const away = await masterBeside(await holder());
    const warnings = watchWarnings();
    away.pause();
    onTestFinished(away.resume);
    for (const client of clients) {
      const vault = redisVault(client).open("client");
      await eventually("it has to answer", () => vault.find({ state: "held" }).catch(() => undefined), PATIENCE);
    }
    expect(warnings().map(([code]) => code)).toEqual(clients.map(() => "NOTION_OAUTH_REDIS_UNSEEN"));
    expect(warnings()[0]![1]).toContain("each master of the cluster");
  });

  test("loses nothing by a planned failover, and goes on", async () => {
    await empty();
    const writers = (await connectAll()).map((client, index) => write(redisVault(client).open(`client ${index}`)));
    for (const { acknowledged } of writers) await some(acknowledged, 20);
    const replica = await replicaOf(await holder());
    await cluster.ask(replica, "CLUSTER", "FAILOVER");
    await eventually("the replica has to take over", () => isMaster(replica), PATIENCE);
    for (const { acknowledged } of writers) await some(acknowledged, 20);
    for (const { vault, acknowledged, stop } of writers) {
      await stop();
      const found = await vault.find({ state: "held" }, { limit: 100_000 });
      expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged));
    }
    expect(await holder()).toBe(replica);
  });

  test("goes on when the master was killed and its replica has taken over", async () => {
    await empty();
    const clients = await connectAll();
    const writers = clients.map((client, index) => write(redisVault(client).open(`client ${index}`)));
    for (const { acknowledged } of writers) await some(acknowledged, 20);
    const master = await holder();
    const replica = await replicaOf(master);
    await master.kill("SIGKILL");
    await cluster.ask(replica, "CLUSTER", "FAILOVER", "TAKEOVER");
    await eventually("the replica has to take over", () => isMaster(replica), PATIENCE);
    const goesOn = async ({ vault, acknowledged, stop }: ReturnType<typeof write>) => {
      const before = acknowledged.length;
      await some(acknowledged, 20);
      await stop();
      // Replication is asynchronous: what was answered right before the kill may be gone.
      const found = await vault.find({ state: "held" }, { limit: 100_000 });
      expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged.slice(before)));
    };
    const redis5 = Object.keys(open).indexOf("redis 5");
    for (const writer of writers) if (writer !== writers[redis5]) await goesOn(writer);
    // A cluster client of redis 5 asks nobody else while the old master is away.
    await master.restart();
    await goesOn(writers[redis5]!);
  });
});

const PATIENCE = 30_000;

async function connectAll(): Promise<RedisClient[]> {
  const opened = await Promise.all(Object.values(open).map((connect) => connect()));
  onTestFinished(() => opened.forEach((one) => void one.close()));
  return opened.map(({ client }) => client);
}

/** Inserts one entry after the other, and keeps the ids of those that were acknowledged. */
function write(vault: Vault) {
  const acknowledged: string[] = [];
  let isOver = false;
  const writing = (async () => {
    for (let index = 0; !isOver; index += 1) {
      const id = `entry-${index}`;
      if (await vault.insert(entry(id)).catch(() => false)) acknowledged.push(id);
    }
  })();
  const stop = async () => {
    isOver = true;
    await writing;
  };
  onTestFinished(stop);
  return { vault, acknowledged, stop };
}

const servers = () => [...cluster.masters, ...cluster.replicas];

async function roleOf(server: RedisServer): Promise<string> {
  return cluster.ask(server, "INFO", "replication");
}

async function isMaster(server: RedisServer): Promise<boolean> {
  return (await roleOf(server)).includes("role:master");
}

/** The master that keeps the entries. */
async function holder(): Promise<RedisServer> {
  for (const server of servers())
    if ((await isMaster(server)) && Number(await cluster.ask(server, "DBSIZE")) > 0) return server;
  return expect.fail("No master keeps anything.");
}

async function masterBeside(one: RedisServer): Promise<RedisServer> {
  for (const server of servers()) if (server !== one && (await isMaster(server))) return server;
  return expect.fail("There is no other master.");
}

async function replicaOf(master: RedisServer): Promise<RedisServer> {
  return eventually(
    "a master has to have a replica",
    async () => {
      for (const server of servers()) {
        const role = await roleOf(server);
        if (role.includes(`master_port:${master.port}`) && role.includes("master_link_status:up")) return server;
      }
      return undefined;
    },
    PATIENCE,
  );
}

async function configure(server: RedisServer, settings: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) await cluster.ask(server, "CONFIG", "SET", name, value);
}

/** Waits until there are so many more of them. */
async function some(list: readonly unknown[], more: number): Promise<void> {
  const enough = list.length + more;
  await eventually(`there have to be ${more} more`, async () => list.length >= enough, PATIENCE);
}
