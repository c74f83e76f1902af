import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { redisVault } from "../../src/redis/index.js";
import { expectToSurviveKills } from "../support/crash.js";
import { describeWithService, startRedis } from "../support/services.js";

describeWithService("redis", "processes that are killed at any moment", () => {
  test("have what they were promised, and do nothing twice", async () => {
    const server = await startRedis({ appendonly: true });
    onTestFinished(server.close);
    const client = new Redis(server.url);
    onTestFinished(() => client.disconnect());
    const connections = async () => String(await client.call("CLIENT", "LIST")).match(/^id=/gm)?.length;
    await expectToSurviveKills({
      kind: "redis",
      place: server.url,
      vault: redisVault(client),
      settled: () => expect.poll(connections).toBe(1),
    });
    // Every id that is listed anywhere has its entry, and each of its keys names it.
    const ids = async (name: string) => (await client.zrange(name, "0", "-1")).sort();
    const entries = (await client.keys("{notion-oauth}:entry:client:*")).map((name) => name.split(":").at(-1)!).sort();
    const states = await Promise.all((await client.keys("{notion-oauth}:state:client:*")).map(ids));
    expect(states.flat().sort()).toEqual(entries);
    const listed = await Promise.all((await client.keys("{notion-oauth}:key:client:*")).map(ids));
    expect(new Set(listed.flat())).toEqual(new Set(entries));
    expect(entries).toEqual(expect.arrayContaining(await ids("{notion-oauth}:due:client")));
  });
});
