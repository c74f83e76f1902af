import { Client } from "pg";
import { createClient } from "redis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createNotionEmulator } from "../../../src/emulator/index.js";
import type { NotionVault, Vault } from "../../../src/index.js";
import { postgresVault } from "../../../src/postgres/index.js";
import { redisVault } from "../../../src/redis/index.js";
import { describeWithService, startPostgres, startRedis } from "../../support/services.js";
import { finish, useCommandLine } from "../support/command-line.js";
import { client, entryWithTokens, environment, expectNoSecrets } from "../support/vault-command.js";

useCommandLine();

interface Server {
  readonly url: string;
  close(): Promise<void>;
}

interface Engine {
  readonly service: "postgres" | "redis";
  start(): Promise<Server>;
  vault(url: string): NotionVault;
  /** Makes what a vault needs, as an operator would. */
  prepare(url: string): Promise<void>;
}

const PASSWORD = "not-to-be-shown";

const engines: readonly Engine[] = [
  {
    service: "postgres",
    start: async () => {
      const server = await startPostgres();
      return { url: server.url.replace("postgres@", `postgres:${PASSWORD}@`), close: server.close };
    },
    vault: (url) => postgresVault(url),
    async prepare(url) {
      const { code, output } = await finish(["vault", "schema", "--postgres"]);
      expect(code).toBe(0);
      const operator = new Client({ connectionString: url });
      await operator.connect();
      await operator.query(output);
      await operator.end();
    },
  },
  {
    service: "redis",
    start: async () => {
      const server = await startRedis({ appendonly: true, args: ["--requirepass", PASSWORD] });
      return { url: server.url.replace("redis://", `redis://default:${PASSWORD}@`), close: server.close };
    },
    vault: (url) => redisVault(url),
    prepare: async () => {},
  },
];

for (const { service, start, vault: vaultOf, prepare } of engines) {
  describeWithService(service, `vault --${service}`, () => {
    const emulator = createNotionEmulator();
    let server: Server;
    let vault: Vault;
    beforeAll(async () => {
      await emulator.start();
      server = await start();
      await prepare(server.url);
      vault = vaultOf(server.url).open(client.clientId);
    });
    afterAll(async () => {
      await vault?.close?.();
      await server?.close();
      await emulator.close();
    });
    beforeEach(() => emulator.reset());

    async function run(args: string) {
      const result = await finish(["vault", ...args.split(" "), `--${service}`, server.url], { env: environment });
      expectNoSecrets(result);
      expect(result.output + result.errors).not.toContain(PASSWORD);
      return result;
    }

    test("list, failed, retry and drain", async () => {
      const waiting = entryWithTokens({ since: 5000 }, client.clientId, emulator);
      const failed = entryWithTokens({ state: "failed", dueIn: null }, client.clientId, emulator);
      const live = entryWithTokens({ state: "held", dueIn: 3_600_000 }, client.clientId, emulator);
      for (const entry of [waiting, failed, live]) expect(await vault.insert(entry)).toBe(true);
      expect(await run("list")).toMatchObject({ code: 0, output: expect.stringContaining(waiting.id) });
      expect(await run("failed")).toMatchObject({ code: 1, output: expect.stringContaining(failed.id) });
      expect(await run(`retry ${failed.id}`)).toMatchObject({ code: 0 });
      const drained = await run(`drain --base-url ${emulator.url}`);
      expect(drained).toMatchObject({ code: 0, errors: "" });
      expect(drained.output).toContain("2 revocations confirmed");
      expect(emulator.activeTokens()).toHaveLength(2);
      expect(await vault.get(live.id)).toMatchObject({ version: 1, state: "held" });
    });

    test("a mistyped client id is asked about, whatever others have there", async () => {
      await vault.insert({ id: "over", state: "mark", dueIn: 3_600_000, keys: [], data: { v: 1 } });
      await vault.insert(entryWithTokens({ state: "held", dueIn: 3_600_000 }, client.clientId));
      for (const command of ["list", "failed"])
        expect(await run(`${command} --client-id typo`)).toMatchObject({
          code: 0,
          output: expect.stringContaining("0 revocations"),
          errors: expect.stringMatching(/Nothing of client typo is in \S+\. If .* look at --client-id/),
        });
    });

    test("a server that is not there: exit code 2 and a sentence", async () => {
      const { port } = new URL(server.url);
      const away = server.url.replace(`:${port}`, ":1");
      const result = await finish(["vault", "failed", `--${service}`, away], { env: environment });
      expect(result.code).toBe(2);
      expect(result.output + result.errors).not.toContain(PASSWORD);
      expect(result.errors).toMatch(
        /The vault in \S+127\.0\.0\.1:1\S* does not work \(ECONNREFUSED\)\. Nothing listens there/,
      );
      expectNoSecrets(result);
    });

    test("what is no address: exit code 2", async () => {
      const result = await finish(["vault", "list", `--${service}`, "localhost"], { env: environment });
      expect(result.code).toBe(2);
      expectNoSecrets(result);
    });
  });
}

describeWithService("postgres", "vault --postgres where there is no vault", () => {
  test("exit code 2, and how one is made", async () => {
    const server = await startPostgres();
    const result = await finish(["vault", "list", "--postgres", server.url], { env: environment });
    await server.close();
    expect(result.code).toBe(2);
    expect(result.errors).toContain("There is no vault in");
    expect(result.errors).toContain("vault schema --postgres");
  });
});

test("a socket in place of a host is an address, too", async () => {
  const url = `postgres://app:${PASSWORD}@/appdb?host=/nowhere&port=1`;
  const { code, errors } = await finish(["vault", "list", "--postgres", url], { env: environment });
  expect([code, errors]).toEqual([
    2,
    expect.stringContaining("The vault in postgres://app@socket/appdb does not work"),
  ]);
});

describeWithService("redis", "vault --redis --key-prefix", () => {
  test("finds what the app keeps below a prefix", async () => {
    const server = await startRedis({ appendonly: true });
    const vault = redisVault(server.url, { keyPrefix: "app:" }).open(client.clientId);
    await vault.insert(entryWithTokens({ since: 5000 }, client.clientId));
    await vault.close?.();
    const list = (...more: string[]) => finish(["vault", "list", "--redis", server.url, ...more], { env: environment });
    expect(await list("--key-prefix", "app:")).toMatchObject({
      code: 0,
      output: expect.stringContaining("1 revocation of client"),
    });
    expect(await list()).toMatchObject({ code: 0, errors: expect.stringContaining("--key-prefix") });
    await server.close();
  });
});

describeWithService("redis", "vault --redis where no vault was ever used", () => {
  test.each(["list", "failed", "retry --all", "drain"])(
    "%s asks whether it is the right one, and makes nothing",
    async (command) => {
      const server = await startRedis({ appendonly: true });
      const args = ["vault", ...command.split(" "), "--redis", server.url];
      const { code, output, errors } = await finish(args, { env: environment });
      const client = createClient({ url: server.url });
      await client.connect();
      const keys = await client.dbSize();
      client.destroy();
      await server.close();
      expect({ code, keys }).toEqual({ code: 0, keys: 0 });
      expect(output).toContain("0 ");
      expect(errors).toContain("Nothing of client");
      expect(errors).toContain(server.url);
    },
  );
});

test("a prefix of names is refused where there are none", async () => {
  const { code, errors } = await finish(["vault", "list", "--sqlite", "x.db", "--key-prefix", "app:"], {
    env: environment,
  });
  expect([code, errors]).toEqual([2, expect.stringContaining("--key-prefix goes with --redis only.")]);
});

test("an engine without an address is asked for one, but by schema", async () => {
  const { code, errors } = await finish(["vault", "list", "--postgres"], { env: environment });
  expect(code).toBe(2);
  expect(errors).toContain("--postgres URL");
  expect((await finish(["vault", "schema", "--redis"])).output).toBe("-- redis\n-- It needs none.\n");
});
