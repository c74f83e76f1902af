import { createServer, type AddressInfo } from "node:net";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { freePort } from "../../support/server-process.js";
import { describeWithService, type PostgresServer, startPostgres } from "../../support/services.js";
import { finish, useCommandLine } from "../support/command-line.js";
import { examine, examineModule, password } from "../support/doctor-command.js";

useCommandLine();

let server: PostgresServer;
let operator: Client;
let databases = 0;

/** Nothing is sent without a secret. */
const env = { NOTION_CLIENT_SECRET: "" };
const vaultAt = async (url: string) => (await examine(["--postgres", url], { env })).of("vault");

/** A database without tables. @returns its address, with a password that `trust` does not ask for */
async function newDatabase(sql = ""): Promise<string> {
  databases += 1;
  const name = `app${databases}`;
  await operator.query(`CREATE DATABASE ${name}`);
  const url = server.url.replace("postgres@", `postgres:${password}@`).replace(/\/postgres$/, `/${name}`);
  if (sql !== "") await run(url, sql);
  return url;
}

async function run(url: string, sql: string) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

const schema = async () => (await finish(["vault", "schema", "--postgres"])).output;
const DURABLE = expect.stringMatching(/^ok: What is confirmed is on the server's disk/);
const ANSWERS = expect.stringMatching(/^ok: PostgreSQL \d+\S* .*answers, with the database `app\d+`\.$/);

describeWithService("postgres", "doctor --postgres", () => {
  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: "on", full_page_writes: "on" } });
    operator = new Client({ connectionString: server.url });
    await operator.connect();
  });
  afterAll(async () => {
    await operator?.end();
    await server?.close();
  });

  test("no tables: how they are made, and none is", async () => {
    const url = await newDatabase();
    const found = await examine(["--postgres", url], { env: { NOTION_CLIENT_SECRET: "" } });
    expect(found.code).toBe(1);
    expect(found.of("vault")).toEqual([
      ANSWERS,
      expect.stringMatching(
        /^problem: .* has no tables for it: pass `\{ migrate: true \}`, or make them with `npx express-notion-oauth vault schema/,
      ),
      DURABLE,
    ]);
    const { rows } = await run(url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
    expect(rows).toEqual([]);
  });

  test("all is right", async () => {
    expect(await vaultAt(await newDatabase(await schema()))).toEqual([
      ANSWERS,
      "ok: The tables are there, in version 1, and this role may use them.",
      DURABLE,
    ]);
  });

  test("tables of a newer version are said to be", async () => {
    const url = await newDatabase(`${await schema()} UPDATE notion_vault SET schema = 1000`);
    expect((await vaultAt(url))[1]).toMatch(/^problem: .* newer version/);
  });

  test("a role that lacks rights: which", async () => {
    const url = await newDatabase(
      `${await schema()} CREATE ROLE reader LOGIN; GRANT SELECT ON notion_vault, notion_entries TO reader`,
    );
    expect((await vaultAt(url.replace("//postgres", "//reader")))[1]).toMatch(
      /^problem: This role lacks rights on the table `notion_entries`: (?:(?:INSERT|UPDATE|DELETE)(?:, |\. )){3}Run `GRANT /,
    );
  });

  test("a database that only reads", async () => {
    const url = await newDatabase(await schema());
    await operator.query(`ALTER DATABASE ${url.split("/").at(-1)} SET default_transaction_read_only = on`);
    expect((await vaultAt(url))[0]).toMatch(/^problem: .* Its transactions only read/);
  });

  test("commits that do not wait for the disk", async () => {
    const url = await newDatabase(await schema());
    await operator.query(`ALTER DATABASE ${url.split("/").at(-1)} SET synchronous_commit = off`);
    expect((await vaultAt(url))[2]).toMatch(/^warning: The server confirms what is not on its disk yet/);
  });

  test("a server that waits for nothing", async () => {
    const careless = await startPostgres();
    const found = await vaultAt(careless.url);
    await careless.close();
    expect(found).toContainEqual(
      expect.stringMatching(/^problem: The server does not wait for its disk \(`fsync` is `off`\)/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^warning: The server does not write whole pages/));
  });

  test("nobody there, no such database, no answer, and no address", async () => {
    const url = await newDatabase();
    const port = await freePort();
    expect(await vaultAt(url.replace(`:${server.port}`, `:${port}`))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^problem: The vault in postgres://postgres@127\\.0\\.0\\.1:${port}/app\\d+ does not work: connect ECONNREFUSED 127\\.0\\.0\\.1:${port}\\. Nothing listens there: is the server`,
        ),
      ),
    ]);
    expect(await vaultAt(`${url}nowhere`)).toEqual([
      expect.stringMatching(
        /^problem: The vault in postgres:\S+nowhere does not work: database "app\d+nowhere" does not exist \(3D000\)\. Look at the name of the database/,
      ),
    ]);
    const silent = createServer();
    onTestFinished(() => void silent.close());
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    expect(await vaultAt(`postgres://127.0.0.1:${(silent.address() as AddressInfo).port}/app`)).toEqual([
      expect.stringMatching(
        /^problem: The vault in postgres:\/\/127\.0\.0\.1:\d+\/app does not work: .* not answer in time \(ETIMEDOUT\)\. The host does not answer/,
      ),
    ]);
    expect(await vaultAt("localhost")).toEqual([expect.stringMatching(/^problem: .* must be a URL that begins with/)]);
  });

  const module = (vault: string) => `
    import pg from "pg";
    import { postgresVault } from "express-notion-oauth/postgres";
    const url = process.env.DATABASE_URL;
    export const notion = { clientId: "id", clientSecret: "", vault: ${vault} };`;

  test("--config with a pool that nobody closes, and with `migrate: true`", async () => {
    const url = await newDatabase();
    const found = async (vault: string, at = url) =>
      (await examineModule(module(vault), { env: { DATABASE_URL: at } })).of("vault");
    expect(await found("postgresVault(new pg.Pool({ connectionString: url }))")).toEqual([
      ANSWERS,
      expect.stringMatching(/^problem: .* has no tables for it/),
      DURABLE,
    ]);
    expect(await found("postgresVault(url, { migrate: true })")).toEqual([
      ANSWERS,
      "ok: The tables are not there yet. The vault brings them to version 1 at its first call (`migrate: true`).",
      DURABLE,
    ]);
    await run(url, "CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    expect((await found("postgresVault(url, { migrate: true })", url.replace("//postgres", "//guest")))[1]).toMatch(
      /^problem: The tables are not there yet, and this role may not make any\. Give it the right `CREATE`/,
    );
    const { rows } = await run(url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'");
    expect(rows).toEqual([]);
  });
});
