import { expect, onTestFinished, test } from "vitest";
import { redisVault } from "../../src/redis/index.js";
import { entry } from "../support/entry.js";
import { describeWithService, startRedis } from "../support/services.js";

describeWithService("redis", "a Redis whose memory is full", () => {
  test("takes nothing new, and everything that is there goes on to its end", async () => {
    const server = await startRedis({
      appendonly: true,
      args: ["--maxmemory", "4mb", "--maxmemory-policy", "noeviction"],
    });
    onTestFinished(server.close);
    const vault = redisVault(server.url).open("client");
    onTestFinished(() => vault.close?.());
    const data = { sealed: "x".repeat(4000) };
    let count = 0;
    const insertOne = async () => {
      if (!(await vault.insert(entry(`entry-${count}`, { data, dueIn: count < 100 ? 0 : null }))))
        throw new Error("taken");
      count += 1;
    };
    const fill = async (): Promise<unknown> => {
      for (;;) {
        try {
          await insertOne();
        } catch (error) {
          return error;
        }
      }
    };
    expect(String(await fill())).toContain("OOM");
    expect(await vault.get(`entry-${count}`)).toBeUndefined();

    // A refresh stores its pair, and a worker does its work.
    const last = entry(`entry-${count - 1}`, { data: { sealed: "y".repeat(4000) }, dueIn: 1000 });
    expect(await vault.replace(last, 1)).toBe(true);
    expect(await vault.get(last.id)).toMatchObject({ version: 2, data: last.data });
    const taken = await vault.takeDue(100, 60_000);
    expect(taken).toHaveLength(100);
    expect(await vault.takeDue(100, 60_000)).toEqual([]);
    for (const { id, version } of taken)
      expect(await vault.replace(entry(id, { state: "ended", keys: [], data: {} }), version)).toBe(true);
    for (const { id, version } of taken) expect(await vault.erase(id, version + 1)).toBe(true);
    expect(await vault.find({ state: "ended" })).toEqual([]);
    await insertOne();
  });
});
