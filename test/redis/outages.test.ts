import { expect, onTestFinished, test } from "vitest";
import { type RedisClient, redisVault } from "../../src/redis/index.js";
import type { Vault } from "../../src/vault/vault.js";
import { block } from "../support/block.js";
import { entry } from "../support/entry.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";
import { administrate, clientKinds } from "./support/clients.js";
import { openNetwork } from "../support/network.js";

const kinds = [
  { name: "a URL", open: async (url: string) => ({ client: url as string | RedisClient, close() {} }) },
  ...clientKinds,
];

/** More than the deadline of a call, in ms, by what a busy machine may add. */
const IN_TIME = 2500 + 7500;

async function opened({ open }: (typeof kinds)[number]): Promise<{ server: RedisServer; vault: Vault }> {
  // With `everysec` Redis answers before it writes, for up to two seconds, while the disk is busy.
  const server = await startRedis({ appendonly: true, args: ["--appendfsync", "always"] });
  onTestFinished(server.close);
  const { client, close } = await open(server.url);
  onTestFinished(close);
  const vault = redisVault(client).open("client");
  onTestFinished(() => vault.close?.());
  await vault.insert(entry("first", { dueIn: -1 }));
  return { server, vault };
}

const answers = (vault: Vault) => vault.get("first").then((found) => found?.id, String);

describeWithService("redis", "redisVault", () => {
  test.each(kinds)("on $name goes on after SCRIPT FLUSH, in the middle of many calls", async (kind) => {
    const { server, vault } = await opened(kind);
    const administrator = administrate(server.url);
    const calls: Promise<boolean>[] = [];
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 10; index += 1) calls.push(vault.insert(entry(`entry-${round}-${index}`)));
      if (round % 4 === 0) await administrator("SCRIPT", "FLUSH");
    }
    expect(new Set(await Promise.all(calls))).toEqual(new Set([true]));
    expect(await vault.find({ state: "held" }, { limit: 1000 })).toHaveLength(201);
  });

  test.each(kinds)("on $name loses nothing that it answered when Redis is killed, and goes on", async (kind) => {
    const { server, vault } = await opened(kind);
    const acknowledged = new Set<string>();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; ; index += 1) {
        const id = `entry-${writer}-${index}`;
        if (!(await vault.insert(entry(id)).catch(() => false))) return;
        acknowledged.add(id);
      }
    });
    await expect.poll(() => acknowledged.size).toBeGreaterThan(100);
    await server.kill("SIGKILL");
    const started = performance.now();
    await Promise.all(writers);
    expect(performance.now() - started).toBeLessThan(IN_TIME);
    await server.restart();
    await expect.poll(() => answers(vault)).toBe("first");
    const found = await vault.find({ state: "held" }, { limit: 100_000 });
    expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining([...acknowledged]));
  });

  test.each(kinds)("on $name rejects in time while Redis answers nothing, and works after that", async (kind) => {
    const { server, vault } = await opened(kind);
    server.pause();
    onTestFinished(server.resume);
    const started = performance.now();
    const outcomes = await Promise.allSettled([
      vault.insert(entry("late")),
      vault.get("first"),
      vault.replace(entry("first"), 1),
      vault.erase("first", 9),
      vault.takeDue(1, 1000),
      vault.nextDueIn(),
      vault.find({ state: "held" }),
    ]);
    expect(performance.now() - started).toBeLessThan(IN_TIME);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { message: "Redis did not answer within 2500 ms." },
      });
    server.resume();
    await expect.poll(() => answers(vault)).toBe("first");
    expect(await vault.insert(entry("next"))).toBe(true);
  });

  test.each(kinds)("on $name hears an answer that came while the process was busy for longer", async (kind) => {
    const { vault } = await opened(kind);
    // From here on the server knows the script: one answer is all that a call needs.
    await vault.get("first");
    const reading = vault.get("first");
    // By then, the call is on its way: node-redis writes what was asked for in a turn after it.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    block(3000);
    expect(await reading).toMatchObject({ id: "first" });
  });

  test("on a URL that refuses rejects in time, tries again ever more slowly, and works once it does not", async () => {
    const server = await startRedis({ appendonly: true });
    onTestFinished(server.close);
    const network = await openNetwork(server.port);
    onTestFinished(network.close);
    network.cut();
    const vault = redisVault(`redis://127.0.0.1:${network.port}`).open("client");
    onTestFinished(() => vault.close?.());
    for (let round = 0; round < 3; round += 1) {
      const started = performance.now();
      await expect(vault.get("first")).rejects.toThrow();
      expect(performance.now() - started).toBeLessThan(IN_TIME);
    }
    // One that does not slow down has tried hundreds of times by now.
    expect(network.connections).toBeGreaterThan(2);
    expect(network.connections).toBeLessThan(20);
    network.heal();
    await expect.poll(() => vault.insert(entry("first")).catch(() => "not yet")).toBe(true);
  });
});
