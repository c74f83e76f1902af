import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { OptionError } from "../../src/errors.js";
import { redisVault } from "../../src/redis/index.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";
import { administrate, type Administrator, clientKinds } from "./support/clients.js";
import { entry } from "../support/entry.js";
import { watchWarnings } from "./support/warnings.js";

let server: RedisServer;
let administrator: Administrator;

/** What a user of the vault may do at the least, and what it may look at beside that. */
function userOf(name: string, ...looks: string[]): Promise<unknown> {
  const commands = ["evalsha", "eval", "hset", "hget", "hmget", "exists", "del", "time", "ping", "client", "hello"];
  const sets = ["zadd", "zrem", "zscore", "zcard", "zrange", "zrangebyscore", "zrangebylex"];
  const allowed = [...commands, ...sets, ...looks].map((command) => `+${command}`);
  return administrator(
    "ACL",
    "SETUSER",
    name,
    "reset",
    "on",
    ">password",
    "~{notion-oauth}*",
    "~app:{notion-oauth}*",
    ...allowed,
  );
}

const urlOf = (name: string) => server.url.replace("://", `://${name}:password@`);

describeWithService("redis", "before its first call, redisVault looks at the server:", () => {
  beforeAll(async () => {
    server = await startRedis({ appendonly: true });
    administrator = administrate(server.url);
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await administrator("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "0", "appendonly", "yes");
  });

  const opened = async (kind: (typeof clientKinds)[number]) => {
    const { client, close } = await kind.open(server.url);
    onTestFinished(close);
    return { client, vault: redisVault(client).open("client") };
  };

  for (const kind of clientKinds) {
    test(`${kind.name}: a policy that could drop entries is refused until it is changed`, async () => {
      const warnings = watchWarnings();
      await administrator("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "100mb");
      const { vault } = await opened(kind);
      for (const call of [() => vault.insert(entry("entry")), () => vault.get("entry"), () => vault.takeDue(1, 1000)]) {
        const error = await call().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(OptionError);
        expect((error as Error).message).toMatch(/set `maxmemory-policy` to `noeviction`, it is `allkeys-lru`/);
      }
      await administrator("CONFIG", "SET", "maxmemory-policy", "noeviction");
      expect(await vault.insert(entry(kind.name.replaceAll(/\W/g, "-")))).toBe(true);
      expect(warnings()).toEqual([]);
    });

    test(`${kind.name}: what may be lost is said once per client`, async () => {
      const warnings = watchWarnings();
      await administrator("CONFIG", "SET", "maxmemory-policy", "allkeys-random", "appendonly", "no");
      const { client, vault } = await opened(kind);
      await Promise.all([vault.get("a"), vault.get("b"), redisVault(client).open("other").get("c")]);
      expect(warnings()).toEqual([
        ["NOTION_OAUTH_REDIS_EVICTION", expect.stringMatching(/as soon as it has a `maxmemory`.*`allkeys-random`/)],
        ["NOTION_OAUTH_REDIS_PERSISTENCE", expect.stringMatching(/a restart loses .*Set `appendonly` to `yes`/)],
      ]);
    });
  }

  test.each(["volatile-lru", "volatile-ttl", "noeviction"])("%s drops nothing that has no TTL", async (policy) => {
    const warnings = watchWarnings();
    await administrator("CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", "100mb");
    const vault = redisVault(server.url).open("client");
    await vault.get("entry");
    await vault.close?.();
    expect(warnings()).toEqual([]);
  });

  test.each([
    ["INFO", ["info"]],
    ["CONFIG GET", ["config|get"]],
  ])("%s alone is enough", async (_name, looks) => {
    await userOf("looker", ...looks);
    const warnings = watchWarnings();
    const vault = redisVault(urlOf("looker")).open("client");
    expect(await vault.get("absent")).toBeUndefined();
    await vault.close?.();
    expect(warnings()).toEqual([]);

    await administrator("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "maxmemory", "100mb", "appendonly", "no");
    const again = redisVault(urlOf("looker")).open("client");
    await expect(again.get("absent")).rejects.toBeInstanceOf(OptionError);
    await again.close?.();
  });

  test.each(clientKinds)("$name: what it may not look at is said once", async (kind) => {
    await userOf("blind");
    const warnings = watchWarnings();
    const { client, close } = await kind.open(urlOf("blind"));
    onTestFinished(close);
    const vault = redisVault(client).open("blind client");
    const id = kind.name.replaceAll(/\W/g, "-");
    expect(await vault.insert(entry(id, { dueIn: -1 }))).toBe(true);
    expect(await vault.find({ state: "held", key: `session:${id}` })).toHaveLength(1);
    expect(await vault.takeDue(1, 60_000)).toMatchObject([{ id, version: 2 }]);
    expect(await vault.replace(entry(id, { state: "mark" }), 2)).toBe(true);
    expect(await vault.erase(id, 3)).toBe(true);
    expect(warnings()).toEqual([
      [
        "NOTION_OAUTH_REDIS_UNSEEN",
        expect.stringMatching(/make sure that `maxmemory-policy` is `noeviction` and `appendonly` is `yes`/),
      ],
    ]);
  });
});
