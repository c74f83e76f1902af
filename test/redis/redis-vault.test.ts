import { inspect } from "node:util";
import { Redis } from "ioredis";
import { createClient, createClientPool } from "redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { OptionError } from "../../src/errors.js";
import { type RedisClient, redisVault } from "../../src/redis/index.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";
import { administrate, type Administrator, clientKinds } from "./support/clients.js";
import { entry } from "../support/entry.js";
import { openNetwork } from "../support/network.js";

const HOUR = 3_600_000;

describeWithService("redis", "redisVault", () => {
  let server: RedisServer;
  let administrator: Administrator;
  beforeAll(async () => {
    server = await startRedis({ appendonly: true, args: ["--databases", "1000"] });
    administrator = administrate(server.url);
  });
  afterAll(() => server.close());

  let databases = 1;
  const nextUrl = () => `${server.url}/${databases++}`;
  const connections = async () => (String(await administrator("CLIENT", "LIST")).match(/^id=/gm)?.length ?? 0) - 1;

  test("is no vault that never leaves the process", () => {
    expect(redisVault(server.url).inProcess).toBeUndefined();
  });

  test("tells where it is, by what a client of the app was made with", async () => {
    const url = `${server.url}/7`;
    expect(redisVault(url.replace("://", "://default:hunter2@")).where).toBe(url.replace("://", "://default@"));
    const ioredis = new Redis(url);
    const [byUrl, bySocket] = [
      createClient({ url }),
      createClient({ socket: { host: "127.0.0.1", port: server.port }, database: 7 }),
    ];
    await Promise.all([byUrl.connect(), bySocket.connect()]);
    expect([ioredis, byUrl, bySocket].map((client) => redisVault(client as RedisClient).where)).toEqual([
      url,
      url,
      url,
    ]);
    ioredis.disconnect();
    for (const client of [byUrl, bySocket]) client.destroy();
  });

  test("connects with the first call, and closes with the last of those who use it", async () => {
    const notionVault = redisVault(nextUrl());
    const [one, two] = [notionVault.open("one"), notionVault.open("two")];
    expect(await connections()).toBe(0);
    await Promise.all([one.insert(entry("entry")), two.insert(entry("entry"))]);
    expect(await connections()).toBe(1);
    await one.close?.();
    await one.close?.();
    await expect(one.get("entry")).rejects.toThrow("This vault was closed.");
    expect((await two.get("entry"))?.version).toBe(1);
    await two.close?.();
    await expect.poll(connections).toBe(0);
    const again = notionVault.open("one");
    expect((await again.get("entry"))?.version).toBe(1);
    await again.close?.();
  });

  test("answers what it was asked for before it is closed", async () => {
    const vault = redisVault(nextUrl()).open("client");
    const writes = Array.from({ length: 20 }, (_, index) => vault.insert(entry(`entry-${index}`)));
    await vault.close?.();
    expect(new Set(await Promise.all(writes))).toEqual(new Set([true]));
    await expect.poll(connections).toBe(0);
  });

  test.each(clientKinds)("never closes a client of the app: $name", async ({ open }) => {
    const { client, close } = await open(nextUrl());
    onTestFinished(close);
    const notionVault = redisVault(client);
    const vault = notionVault.open("client");
    await vault.insert(entry("entry"));
    await vault.close?.();
    expect((await notionVault.open("client").get("entry"))?.version).toBe(1);
  });

  test("keeps its names below the prefix of an ioredis client, and takes no other name away", async () => {
    const url = nextUrl();
    const client = new Redis(url, { keyPrefix: "app:" });
    onTestFinished(() => client.disconnect());
    const vault = redisVault(client).open("client:1");
    await vault.insert(entry("own", { dueIn: 1 }));
    await vault.insert(entry("over", { state: "mark" }));
    const bare = new Redis(url);
    onTestFinished(() => bare.disconnect());
    expect((await bare.keys("*")).sort()).toEqual(
      [
        "due:client%3A1",
        "entry::over",
        "entry:client%3A1:own",
        "key::session:over",
        "key:client%3A1:session:own",
        "state::mark",
        "state:client%3A1:held",
      ].map((name) => `app:{notion-oauth}:${name}`),
    );
    await vault.erase("own", 1);
    await vault.erase("over", 1);
    expect(await bare.keys("*")).toEqual([]);
  });

  test("is the same vault for a client with this prefix, and for `keyPrefix`", async () => {
    const url = nextUrl();
    const client = new Redis(url, { keyPrefix: "app:" });
    onTestFinished(() => client.disconnect());
    const vaults = [redisVault(client), redisVault(url, { keyPrefix: "app:" }), redisVault(url)].map((one) =>
      one.open("client"),
    );
    onTestFinished(() => Promise.all(vaults.map((one) => one.close?.())).then(() => undefined));
    await vaults[0]!.insert(entry("own"));
    const found = await Promise.all(vaults.map(async (one) => (await one.get("own"))?.id));
    expect(found).toEqual(["own", "own", undefined]);
  });

  test("writes nothing when it looks for what is due in vain", async () => {
    const vault = redisVault(nextUrl()).open("client");
    await vault.insert(entry("later", { dueIn: HOUR }));
    const offset = async () => /aof_current_size:(\d+)/.exec(String(await administrator("INFO", "persistence")))?.[1];
    const before = await offset();
    expect(await vault.takeDue(10, HOUR)).toEqual([]);
    expect(await offset()).toBe(before);
    await vault.close?.();
  });

  test.each(clientKinds)("knows its own write when $name sends it a second time", async ({ name, open }) => {
    const network = await openNetwork(server.port);
    onTestFinished(network.close);
    const { client, close } = await open(`redis://127.0.0.1:${network.port}/${databases++}`);
    onTestFinished(close);
    const vault = redisVault(client).open("client");
    await vault.insert(entry("entry"));
    for (const [index, call] of [
      () => vault.replace(entry("entry", { dueIn: HOUR }), 1),
      () => vault.insert(entry("late", { state: "mark" })),
    ].entries()) {
      network.cutNextAnswer();
      const outcome = await call().catch((error: unknown) => error);
      // ioredis sends again what had no answer; node-redis rejects.
      if (name.startsWith("ioredis")) expect(outcome).toBe(true);
      else expect(outcome).toBeInstanceOf(Error);
      expect(network.cutAnswers).toBe(index + 1);
    }
    await expect.poll(() => vault.get("entry").catch(() => undefined)).toMatchObject({ version: 2 });
    expect(await vault.get("late")).toMatchObject({ version: 1 });
  });

  test("with a client of its own says that an answer was lost, and asks nothing twice", async () => {
    const network = await openNetwork(server.port);
    onTestFinished(network.close);
    const vault = redisVault(`redis://127.0.0.1:${network.port}/${databases++}`).open("client");
    onTestFinished(() => vault.close?.());
    for (const id of ["a", "b"]) await vault.insert(entry(id, { dueIn: -HOUR }));
    network.cutNextAnswer();
    await expect(vault.takeDue(1, HOUR)).rejects.toThrow();
    expect(await vault.takeDue(10, HOUR)).toHaveLength(1);
  });

  test("does not take the error of a script for an answer", async () => {
    const url = nextUrl();
    const bare = new Redis(url);
    onTestFinished(() => bare.disconnect());
    for (const kind of clientKinds.filter(({ name }) => !name.includes("prefix"))) {
      const { client, close } = await kind.open(url);
      onTestFinished(close);
      const vault = redisVault(client).open("client");
      await bare.set("{notion-oauth}:due:client", "no sorted set");
      await bare.set("{notion-oauth}:entry:client:text", "no hash");
      for (const call of [
        () => vault.insert(entry("entry", { dueIn: 1 })),
        () => vault.get("text"),
        () => vault.replace(entry("text"), 1),
        () => vault.erase("text", 1),
        () => vault.takeDue(1, HOUR),
        () => vault.nextDueIn(),
      ])
        await expect(call()).rejects.toThrow(/WRONGTYPE/);
      await bare.flushdb();
    }
  });

  test.each(["", "no JSON", '{"sealed":"ntn', "null", "42", '"text"'])(
    "gives out an entry that somebody has damaged without data, among the others (data: %s)",
    async (data) => {
      const url = nextUrl();
      const bare = new Redis(url);
      onTestFinished(() => bare.disconnect());
      const vault = redisVault(url).open("client");
      onTestFinished(() => vault.close?.());
      for (const id of ["a", "bad", "c"]) await vault.insert(entry(id, { dueIn: -1, keys: ["bot:b"] }));
      await bare.hset("{notion-oauth}:entry:client:bad", "data", data);
      expect(await vault.get("bad")).toMatchObject({ id: "bad", version: 1, keys: ["bot:b"], data: {} });
      const found = await vault.find({ key: "bot:b" });
      expect(found.map((one) => one.data)).toEqual([{ sealed: "ntn_secret" }, {}, { sealed: "ntn_secret" }]);
      await bare.hset("{notion-oauth}:entry:client:bad", "version", "none");
      await bare.del("{notion-oauth}:entry:client:a");
      const taken = await vault.takeDue(10, HOUR);
      expect(taken.map(({ id, version }) => `${id} ${version}`).sort()).toEqual(["bad 1", "c 2"]);
      expect(await vault.replace(entry("bad", { data: { repaired: true } }), 1)).toBe(true);
      expect(await vault.get("bad")).toMatchObject({ version: 2, data: { repaired: true } });
    },
  );

  test("moves an entry among the marks, unless there is one of its id", async () => {
    const vault = redisVault(nextUrl());
    const [one, two] = [vault.open("one"), vault.open("two")];
    for (const opened of [one, two]) onTestFinished(() => opened.close?.());
    for (const own of [one, two]) await own.insert(entry("same", { keys: ["bot:own"], dueIn: -1 }));
    const mark = entry("same", { state: "mark", keys: ["bot:mark"], dueIn: HOUR });
    expect(await one.replace(mark, 1)).toBe(true);
    expect(await one.find({ key: "bot:own" })).toEqual([]);
    expect(await one.takeDue(10, HOUR)).toEqual([]);
    expect(await two.replace(mark, 1)).toBe(false);
    expect(await two.find({ key: "bot:own", state: "held" })).toHaveLength(1);
    expect((await two.get("same"))?.state).toBe("held");
    expect(await two.erase("same", 1)).toBe(true);
    expect(await two.get("same")).toMatchObject({ state: "mark", version: 2 });
  });

  test("shows nothing of what it keeps, and no password", async () => {
    const url = `redis://default:hunter2secret@127.0.0.1:${server.port}`;
    await administrator("CONFIG", "SET", "requirepass", "hunter2secret");
    onTestFinished(async () => void (await administrate(url)("CONFIG", "SET", "requirepass", "")));
    const wrong = url.replace("hunter2secret", "hunter2wrong");
    for (const [location, isRight] of [
      [url, true],
      [wrong, false],
    ] as const) {
      const notionVault = redisVault(location);
      const vault = notionVault.open("client");
      const error = await vault.insert(entry("entry")).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error === undefined).toBe(isRight);
      for (const shown of [notionVault, vault, error]) {
        const text = inspect(shown, { showHidden: true, depth: null, getters: true }) + JSON.stringify(shown ?? null);
        expect(text).not.toContain("ntn_secret");
        expect(text).not.toContain("hunter2");
      }
      await vault.close?.();
    }
  });

  test("refuses to find everything, and a client without an id", async () => {
    const notionVault = redisVault(server.url);
    await expect(notionVault.open("client").find({})).rejects.toBeInstanceOf(OptionError);
    expect(() => notionVault.open("")).toThrow(OptionError);
  });

  test("refuses a client that is closed", async () => {
    const ioredis = new Redis(server.url, { lazyConnect: true });
    ioredis.disconnect();
    await expect.poll(() => ioredis.status).toBe("end");
    const redis = await createClient({ url: server.url }).connect();
    redis.destroy();
    expect(() => redisVault(ioredis)).toThrow(/closed already/);
    expect(() => redisVault(redis)).toThrow(/call its `connect\(\)` first/);
  });
});

describe("redisVault refuses at once", () => {
  test.each([
    ["no object", "app:", /must be an object such as `\{ keyPrefix: "app:" \}`/],
    ["an unknown name", { prefix: "app:" }, /there is only `keyPrefix`/],
    ["a prefix that is no string", { keyPrefix: 7 }, /must be a string/],
  ])("options: %s", (_name, given, message) => {
    expect(() => redisVault("redis://localhost", given as never)).toThrow(message);
  });

  const wrong: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ["nothing", undefined, /must be a URL such as `redis:\/\/localhost:6379`, or a client/],
    ["null", null, /or a client of `ioredis` or `redis`/],
    ["a number", 6379, /or a client of `ioredis` or `redis`/],
    ["a class", Redis, /or a client of `ioredis` or `redis`/],
    ["an empty text", "", /begins with `redis:\/\/` or `rediss:\/\/`/],
    ["a host", "localhost:6379", /begins with `redis:\/\/`/],
    ["a scheme without slashes", "redis:localhost", /begins with `redis:\/\/`/],
    ["an http URL", "https://user:hunter2@cache.example.com", /begins with `redis:\/\/`/],
    ["a URL without a host", "redis:///0", /without a host/],
    ["a URL with a strange path", "redis://host/notion", /such as `\/0`/],
    ["a URL object", new URL("redis://localhost"), /pass `url.href`/],
    ["options", { host: "localhost", port: 6379 }, /client of `ioredis` 5 or 6, or of `redis` 5 or 6/],
    ["a pool of PostgreSQL", { connect() {}, query() {}, end() {}, totalCount: 0 }, /`redis` 5 or 6/],
    ["a client of node-redis 3", { evalsha() {}, connected: true, quit() {} }, /`redis` 5 or 6/],
    ["a pool of node-redis", createClientPool(), /is a pool.*`createClient` or `createCluster`/],
    ["a client that was never connected", createClient(), /call its `connect\(\)` first/],
  ];
  test.each(wrong)("%s", (_name, given, message) => {
    let error: unknown;
    try {
      redisVault(given as RedisClient);
    } catch (reason) {
      error = reason;
    }
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION", option: "client" });
    expect((error as Error).message).toMatch(message);
    expect(inspect(error)).not.toContain("hunter2");
  });
});
