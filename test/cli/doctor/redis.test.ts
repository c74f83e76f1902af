import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { administrate, type Administrator } from "../../redis/support/clients.js";
import { freePort } from "../../support/server-process.js";
import { describeWithService, type RedisServer, startRedis } from "../../support/services.js";
import { useCommandLine } from "../support/command-line.js";
import { appFolder, examine, examineModule, password } from "../support/doctor-command.js";

useCommandLine();

let server: RedisServer;
let url: string;
let administrator: Administrator;

/** Nothing is sent without a secret. */
const env = { NOTION_CLIENT_SECRET: "" };

async function vaultAt(where: string): Promise<string[]> {
  const found = await examine(["--redis", where], { env });
  expect(found.errors).toBe("");
  return found.of("vault");
}

describeWithService("redis", "doctor --redis", () => {
  beforeAll(async () => {
    server = await startRedis({ appendonly: true, args: ["--requirepass", password] });
    url = server.url.replace("redis://", `redis://default:${password}@`);
    administrator = administrate(url);
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    const settings = [
      "maxmemory-policy",
      "noeviction",
      "maxmemory",
      "0",
      "appendonly",
      "yes",
      "appendfsync",
      "everysec",
    ];
    await administrator("CONFIG", "SET", ...settings);
  });

  test("what a crash loses is for `appendfsync` to say", async () => {
    const drops = "ok: Redis drops no entry when its memory is full: `maxmemory-policy` is `noeviction`.";
    expect(await vaultAt(url)).toEqual([
      drops,
      expect.stringMatching(
        /^warning: Redis writes an append-only file\. .* loses up to two seconds\. Set `appendfsync` to `always`/,
      ),
    ]);
    await administrator("CONFIG", "SET", "appendfsync", "always");
    expect(await vaultAt(url)).toEqual([drops, expect.stringMatching(/^ok: .* A crash loses nothing\.$/)]);
    await administrator("CONFIG", "SET", "appendfsync", "no");
    expect(await vaultAt(url)).toEqual([drops, expect.stringMatching(/^warning: .* the operating system decides/i)]);
    expect(await administrator("DBSIZE")).toBe(0);
  });

  test("no append-only file is a problem", async () => {
    await administrator("CONFIG", "SET", "appendonly", "no");
    const found = await examine(["--redis", url], { env: { NOTION_CLIENT_SECRET: "" } });
    expect(found.code).toBe(1);
    expect(found.of("vault")).toContainEqual(
      expect.stringMatching(/^problem: Redis writes no append-only file: a restart loses/),
    );
  });

  test("a policy that drops entries is a problem, and one that would is a warning", async () => {
    await administrator("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "100mb");
    expect(await vaultAt(url)).toContainEqual(
      expect.stringMatching(/^problem: .* set `maxmemory-policy` to `noeviction`, it is `allkeys-lru`\.$/),
    );
    await administrator("CONFIG", "SET", "maxmemory", "0");
    expect(await vaultAt(url)).toContainEqual(expect.stringMatching(/^warning: .* as soon as it has a `maxmemory`/));
  });

  test("what this user may not look at is said", async () => {
    const user = ["reset", "on", `>${password}`, "~*", "+ping", "+client", "+hello"];
    await administrator("ACL", "SETUSER", "blind", ...user);
    await administrator("ACL", "SETUSER", "looker", ...user, "+info");
    const as = (name: string) => url.replace("default", name);
    const blind = (await examine(["--redis", as("blind")], { env })).of("vault");
    expect(blind).toEqual([
      expect.stringMatching(
        /^warning: .* make sure that `maxmemory-policy` is `noeviction` and `appendonly` is `yes`\.$/,
      ),
    ]);
    expect(await vaultAt(as("looker"))).toContainEqual(
      expect.stringMatching(/^warning: .* could not be looked at: this user may not ask for `appendfsync`/),
    );
  });

  test("a replica takes no writes", async () => {
    const replica = await startRedis({
      appendonly: true,
      args: ["--replicaof", "127.0.0.1", String(server.port), "--masterauth", password],
    });
    expect((await vaultAt(replica.url))[0]).toMatch(/^problem: This Redis is a replica/);
    await replica.close();
  });

  test("a wrong password, and nobody there: what was looked for, and where", async () => {
    const { host } = new URL(server.url);
    expect(await vaultAt(url.replace(password, "another"))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^problem: The vault in redis://default@${host} does not .*WRONGPASS.* Look at the user and the pass`,
        ),
      ),
    ]);
    const port = await freePort();
    expect(await vaultAt(`redis://default:${password}@127.0.0.1:${port}`)).toEqual([
      expect.stringMatching(
        new RegExp(
          `^problem: The vault in redis://default@127\\.0\\.0\\.1:${port} does not .*ECONNREFUSED.* Nothing listens there: is the server`,
        ),
      ),
    ]);
    expect(await vaultAt("localhost")).toEqual([
      expect.stringMatching(/^problem: The client of `redisVault` must be a URL/),
    ]);
  });

  test.each([
    ["ioredis", 'import { Redis } from "ioredis"; const client = new Redis(url);'],
    ["redis", 'import { createClient } from "redis"; const client = createClient({ url }); await client.connect();'],
  ])("--config with a client of %s, which nobody closes", async (name, open) => {
    const cwd = appFolder(["express", "express-session", name]);
    const found = await examineModule(
      `import { redisVault } from "express-notion-oauth/redis"; const url = process.env.REDIS_URL;
      ${open}
      export const notion = { clientId: "id", clientSecret: "", vault: redisVault(client) };`,
      { cwd, env: { REDIS_URL: url } },
    );
    expect(found.of("vault")).toHaveLength(2);
    expect(found.of("vault")[0]).toMatch(/^ok: Redis drops no entry/);
  });
});
