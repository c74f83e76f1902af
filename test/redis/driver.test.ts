import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { outputWith } from "../support/compiled-vaults.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";
import { administrate } from "./support/clients.js";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
const broken = 'throw new Error("was made for another Node")';

async function outcomeOf(program: string, packages: Readonly<Record<string, string | "real">>): Promise<string> {
  return (await outputWith(packages, program)).trim();
}

const calls = `
  import { redisVault } from "./redis.js";
  const vault = redisVault("redis://user:hunter2@127.0.0.1:1").open("client");
  const show = (error) => [error.name, error.code, error.message, error.cause?.message].join("|");
  for (const call of [() => vault.get("a"), () => vault.takeDue(1, 1000)]) console.log(await call().catch(show));
  await vault.close();`;

/** The battery, each case in a database of its own. */
const battery = (url: string) => `
  import { redisVault } from "./redis.js";
  import { vaultContract } from "./testing.js";
  const failures = [];
  let database = 0;
  const cases = vaultContract(async () => {
    const url = ${JSON.stringify(url)} + "/" + database++;
    return { vault: redisVault(url), other: redisVault(url), close: async () => {} };
  });
  // What the vault gave up on a machine that is busy is asked again.
  const again = (run) => (error) => error.message.includes("did not answer") ? run() : Promise.reject(error);
  for (const { name, run } of cases)
    await run().catch(again(run)).catch((error) => failures.push(name + ": " + error.stack));
  console.log(JSON.stringify({ isEnough: cases.length > 50, failures }));`;

const installOne =
  "OptionError|ERR_NOTION_OAUTH_OPTION|`redisVault` needs the package `ioredis` or `redis` for a URL: install one of them, or pass a client.|";

test("redisVault rejects each call on a URL with what to install, when no package is", async () => {
  expect((await outcomeOf(calls, {})).split("\n")).toEqual([installOne, installOne]);
});

test("redisVault says why, when the only package does not work here", async () => {
  for (const name of ["ioredis", "redis"])
    expect((await outcomeOf(calls, { [name]: broken })).split("\n")[0]).toBe(`${installOne}was made for another Node`);
});

test.each(["ioredis", "redis"])("redisVault with %s says why there is no connection", async (name) => {
  const outcomes = (await outcomeOf(calls, { [name]: "real" })).split("\n");
  for (const outcome of outcomes) expect(outcome).toMatch(/^Error\|ECONNREFUSED\|/);
  expect(outcomes).toHaveLength(2);
});

describeWithService("redis", "redisVault on a URL with a wrong password", () => {
  test.each(["ioredis", "redis"])("does nothing as somebody else: %s", async (name) => {
    const server = await startRedis({ appendonly: true });
    onTestFinished(server.close);
    const administrator = administrate(server.url);
    await administrator("ACL", "SETUSER", "user", "on", ">right", "~*", "&*", "+@all");
    const outcome = await outcomeOf(
      calls.replace("redis://user:hunter2@127.0.0.1:1", `redis://user:wrong@127.0.0.1:${server.port}`),
      { [name]: "real" },
    );
    for (const line of outcome.split("\n")) expect(line).toMatch(/^Error\|WRONGPASS\|/);
  });
});

describeWithService("redis", "redisVault on a URL keeps the contract", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ appendonly: true, args: ["--databases", "1000"] });
  });
  afterAll(() => server.close());

  test.each([
    ["redis", { redis: "real" }],
    ["redis 5", { redis: `module.exports = require(${JSON.stringify(join(modules, "redis5"))});` }],
    ["ioredis 5", { ioredis: `module.exports = require(${JSON.stringify(join(modules, "ioredis5"))});` }],
  ])("with %s, when it is the only one", async (_name, packages) => {
    await administrate(server.url)("FLUSHALL");
    expect(JSON.parse(await outcomeOf(battery(server.url), packages))).toEqual({ isEnough: true, failures: [] });
  });

  test.each([
    ["prefers ioredis", { ioredis: "real", redis: broken }],
    ["takes redis when ioredis does not work here", { redis: "real", ioredis: broken }],
  ])("and %s", async (_name, packages) => {
    const program = calls.replace("redis://user:hunter2@127.0.0.1:1", server.url);
    expect(await outcomeOf(program, packages)).toBe("undefined\n[]");
  });
});
