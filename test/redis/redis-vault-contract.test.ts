import { afterAll, beforeAll, describe, test } from "vitest";
import { redisVault } from "../../src/redis/index.js";
import { vaultContract } from "../../src/testing/index.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";
import { clientKinds } from "./support/clients.js";
import { unlessLate } from "../support/unless-late.js";

describeWithService("redis", "redisVault keeps the contract", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ appendonly: true, args: ["--databases", "1000"] });
  });
  afterAll(() => server.close());

  /** Each case has a database of its own, which is empty. */
  let databases = 0;
  const nextUrl = () => `${server.url}/${databases++}`;

  describe("on a URL that is opened twice:", () => {
    const cases = vaultContract(async () => {
      const url = nextUrl();
      return { vault: redisVault(url), other: redisVault(url), close: async () => {} };
    });
    for (const { name, run } of cases) test(name, unlessLate(run));
  });

  for (const { name: kind, open } of clientKinds) {
    describe(`on two clients of ${kind}:`, () => {
      const cases = vaultContract(async () => {
        const url = nextUrl();
        const clients = [await open(url), await open(url)] as const;
        return {
          vault: redisVault(clients[0].client),
          other: redisVault(clients[1].client),
          close: async () => clients.forEach((one) => void one.close()),
        };
      });
      for (const { name, run } of cases) test(name, unlessLate(run));
    });
  }
});
