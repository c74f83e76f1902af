import { inspect } from "node:util";
import { Client, Pool } from "pg";
import { describe, expect, test, vi } from "vitest";
import { OptionError } from "../../src/errors.js";
import { type PostgresPool, postgresVault } from "../../src/postgres/index.js";
import { catchError } from "../support/catch-error.js";
import { entry } from "../support/entry.js";
import { describeWithService } from "../support/services.js";
import { appPool, connection, freshSchema, query, serverOfThisFile } from "./support/database.js";

const migrate = true;
const everything = { showHidden: true, depth: null, getters: true };

describeWithService("postgres", "postgresVault", () => {
  const server = serverOfThisFile({ autovacuum: "off" });

  test("is no vault that never leaves the process", () => {
    expect(postgresVault("postgres://127.0.0.1/none").inProcess).toBeUndefined();
  });

  /** The connections of our own pools. */
  const ours = (url: string) =>
    query(url, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'express-notion-oauth'");
  /** Less than it takes a pool to close by itself what nobody uses. */
  const expectNoneOfOurs = (url: string) => vi.waitFor(async () => expect(await ours(url)).toEqual([]), 8000);

  test("opens nothing before the first call of a method, and closes it with the last of those who use it", async () => {
    const url = await freshSchema(server());
    const notionVault = postgresVault(url, { migrate });
    const [one, two] = [notionVault.open("one"), notionVault.open("two")];
    expect(await ours(url)).toEqual([]);
    await one.get("entry");
    await one.close?.();
    await two.get("entry");
    expect(await ours(url)).toHaveLength(1);
    await two.close?.();
    await expectNoneOfOurs(url);
  });

  test("writes what it was asked for before it is closed, and takes no calls after", async () => {
    const url = await freshSchema(server());
    const notionVault = postgresVault(url, { migrate });
    const vault = notionVault.open("client");
    const writes = Array.from({ length: 30 }, (_, index) => vault.insert(entry(`entry-${index}`)));
    await vault.close?.();
    await vault.close?.();
    expect(new Set(await Promise.all(writes))).toEqual(new Set([true]));
    await expectNoneOfOurs(url);
    await expect(vault.get("entry-0")).rejects.toThrow("This vault was closed.");
    const again = notionVault.open("client");
    expect(await again.find({ state: "held" })).toHaveLength(30);
    await again.close?.();
  });

  test("never closes a pool of the app, and leaves nothing in its sessions", async () => {
    const pool = appPool(await freshSchema(server()), { max: 1 });
    const settings = async () => (await pool.query("SELECT name, setting FROM pg_settings ORDER BY 1")).rows;
    const before = await settings();
    const notionVault = postgresVault(pool, { migrate });
    const [one, two] = [notionVault.open("one"), notionVault.open("two")];
    await one.insert(entry("entry", { dueIn: -1 }));
    await one.close?.();
    await two.insert(entry("entry", { dueIn: -1 }));
    await two.takeDue(1, 1000);
    await two.close?.();
    expect(pool.ended).toBe(false);
    expect(await settings()).toEqual(before);
    expect((await pool.query("SELECT name FROM pg_prepared_statements")).rows).toEqual([]);
    expect((await pool.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).rows).toEqual([]);
    expect(pool.listenerCount("error")).toBe(1);
  });

  test("works with few connections, and keeps them when many write at once", async () => {
    const pool = appPool(await freshSchema(server()), { max: 3 });
    const vault = postgresVault(pool, { migrate }).open("client");
    const removed = vi.fn();
    pool.on("remove", removed);
    const inserts = await Promise.all(Array.from({ length: 40 }, () => vault.insert(entry("same"))));
    expect(inserts.filter(Boolean)).toHaveLength(1);
    const replaces = await Promise.all(Array.from({ length: 40 }, () => vault.replace(entry("same"), 1)));
    expect(replaces.filter(Boolean)).toHaveLength(1);
    const marks = await Promise.all(Array.from({ length: 40 }, () => vault.insert(entry("mark", { state: "mark" }))));
    expect(marks.filter(Boolean)).toHaveLength(1);
    expect(removed).not.toHaveBeenCalled();
    expect(pool.totalCount).toBeLessThanOrEqual(3);
  });

  test("reads what the app has other types for", async () => {
    const types = { getTypeParser: () => () => "parsed by the app" };
    for (const config of [{ types: types as never }, { binary: true }]) {
      const pool = appPool(await freshSchema(server()), config);
      const vault = postgresVault(pool, { migrate }).open("client");
      await vault.insert(entry("entry", { dueIn: 60_000, keys: ["bot:é", "b"] }));
      expect(await vault.get("entry")).toEqual({
        ...entry("entry", { keys: ["bot:é", "b"] }),
        version: 1,
        dueIn: expect.any(Number),
      });
      expect(await vault.nextDueIn()).toBeGreaterThan(0);
      expect(await vault.find({ key: "bot:é" })).toHaveLength(1);
    }
  });

  test("writes nothing when it looks for what is due in vain", async () => {
    const url = await freshSchema(server());
    const vault = postgresVault(url, { migrate }).open("client");
    await vault.insert(entry("later", { dueIn: 60_000 }));
    const client = await connection(url);
    const nextTransaction = async () =>
      (await client.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next")).rows;
    const before = await nextTransaction();
    for (let call = 0; call < 10; call += 1) expect(await vault.takeDue(10, 60_000)).toEqual([]);
    expect(await vault.nextDueIn()).toBeGreaterThan(0);
    expect(await nextTransaction()).toEqual(before);
    await vault.takeDue(10, 60_000);
    await vault.insert(entry("another"));
    expect(await nextTransaction()).not.toEqual(before);
    await vault.close?.();
  });

  test("a client's own entry comes before a mark of the same id, and becomes none while there is one", async () => {
    const pool = appPool(await freshSchema(server()), { max: 1 });
    const opened = vi.fn();
    pool.on("connect", opened);
    const notionVault = postgresVault(pool, { migrate });
    const [mine, theirs] = [notionVault.open("mine"), notionVault.open("theirs")];
    await mine.insert(entry("same"));
    expect(await theirs.insert(entry("same", { state: "mark", data: { mark: true } }))).toBe(true);
    expect(await mine.get("same")).toMatchObject({ state: "held" });
    expect(await theirs.get("same")).toMatchObject({ state: "mark" });
    expect(await mine.replace(entry("same", { state: "mark" }), 1)).toBe(false);
    expect(await mine.replace(entry("same", { state: "ending" }), 1)).toBe(true);
    expect(await mine.erase("same", 1)).toBe(false);
    expect(await mine.erase("same", 2)).toBe(true);
    expect(await mine.get("same")).toMatchObject({ state: "mark", version: 1, data: { mark: true } });
    // None of this was an error, after which a connection is closed.
    expect(opened).toHaveBeenCalledOnce();
  });

  test("of many entries that become one mark at once, one does", async () => {
    const notionVault = postgresVault(await freshSchema(server()), { migrate });
    const vaults = Array.from({ length: 6 }, (_, index) => notionVault.open(`client-${index}`));
    for (let round = 0; round < 10; round += 1) {
      const id = `entry-${round}`;
      await Promise.all(vaults.map((vault) => vault.insert(entry(id))));
      const results = await Promise.all(vaults.map((vault) => vault.replace(entry(id, { state: "mark" }), 1)));
      expect(results.filter(Boolean)).toHaveLength(1);
    }
    for (const vault of vaults) await vault.close?.();
  });

  test.each(["", "no JSON", '{"sealed":"ntn', "null", "42", '"text"'])(
    "an entry that somebody has damaged (data: %s) is given out without data, among the others",
    async (data) => {
      const pool = appPool(await freshSchema(server()));
      const vault = postgresVault(pool, { migrate }).open("client");
      for (const id of ["a", "bad", "c"]) await vault.insert(entry(id, { dueIn: -1, keys: ["bot:b"] }));
      await pool.query("UPDATE notion_entries SET data = $1, state = 'parked' WHERE id = 'bad'", [data]);
      expect(await vault.get("bad")).toMatchObject({ id: "bad", version: 1, state: "parked", data: {} });
      const found = await vault.find({ key: "bot:b" });
      expect(found.map((one) => one.data)).toEqual([{ sealed: "ntn_secret" }, {}, { sealed: "ntn_secret" }]);
      expect(await vault.takeDue(10, 60_000)).toHaveLength(3);
      expect(await vault.replace(entry("bad", { data: { repaired: true } }), 2)).toBe(true);
      expect(await vault.get("bad")).toMatchObject({ version: 3, data: { repaired: true } });
    },
  );

  test("shows nothing of what it keeps, and no password, when it or an error of it is printed", async () => {
    const secret = "pa55word";
    const url = (await freshSchema(server())).replace("postgres@", `postgres:${secret}@`);
    const unreachable = `postgres://user:${secret}@127.0.0.1:1/none`;
    const unknown = url.replace("/postgres?", "/unknown?");
    for (const [at, outcome] of [
      [url, /^$/],
      [unreachable, /ECONNREFUSED/],
      [unknown, /does not exist/],
    ] as const) {
      const notionVault = postgresVault(at, { migrate });
      const vault = notionVault.open("client");
      const error = await vault.insert(entry("entry")).then(
        () => "",
        (reason: Error) => reason,
      );
      expect(String((error as Error).message ?? "")).toMatch(outcome);
      for (const shown of [notionVault, vault, error]) {
        const text = inspect(shown, everything) + JSON.stringify(shown);
        expect(text).not.toContain(secret);
        expect(text).not.toContain("ntn_secret");
      }
      await vault.close?.();
    }
    for (const wrong of [`postgres://user:${secret}#@host/db`, `https://user:${secret}@host/db`])
      expect(
        inspect(
          catchError(() => postgresVault(wrong)),
          everything,
        ),
      ).not.toContain(`${secret}#`);
  });

  test("refuses to find everything, and a client without an id", async () => {
    const notionVault = postgresVault(await freshSchema(server()), { migrate });
    await expect(notionVault.open("client").find({})).rejects.toBeInstanceOf(OptionError);
    expect(() => notionVault.open("")).toThrow(OptionError);
  });

  test("refuses a connection that a pool gave out, and a pool that was ended", async () => {
    const pool = appPool(server().url);
    const client = await pool.connect();
    expect(() => postgresVault(client as unknown as PostgresPool)).toThrow(/the pool itself/);
    client.release();
    await pool.end();
    expect(() => postgresVault(pool)).toThrow(/ended already/);
  });
});

describe("postgresVault refuses at once", () => {
  const knex = Object.assign(() => {}, { raw() {}, select() {} });
  const wrong: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ["nothing", undefined, /must be a `Pool` of `pg`, or a URL/],
    ["null", null, /must be a `Pool` of `pg`, or a URL/],
    ["a number", 1, /must be a `Pool` of `pg`, or a URL/],
    ["the class", Pool, /pass `new Pool\(/],
    ["a knex object", knex, /not a function/],
    ["a single connection", new Client({}), /not a single connection \(`Client`\)/],
    ["settings", { host: "localhost", database: "db" }, /not settings: pass the URL itself, or `new Pool\(/],
    ["a URL in settings", { connectionString: "postgres://user@host/db" }, /not settings: pass the URL itself/],
    ["a pool of another database", { getConnection() {}, query() {}, end() {} }, /open `Pool` of `pg`/],
    ["an empty text", "", /such as `postgres:\/\/user@host\/database`/],
    ["a blank text", "  ", /such as/],
    ["another URL", "https://host/db", /begins with `postgres:\/\/` or `postgresql:\/\/`/],
    ["a URL of another database", "mysql://host/db", /begins with/],
    ["a path", "/var/lib/app/notion.db", /begins with/],
    ["settings as text", "host=localhost dbname=db", /begins with/],
    ["a URL with a port that is none", "postgres://user:secret#1@host/db", /`#`, `\/` and `@`/],
    ["a URL object", new URL("postgres://host/db"), /pass `url.href`/],
  ];
  test.each(wrong)("%s", (_name, given, message) => {
    const error = catchError(() => postgresVault(given as string));
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION", option: "database" });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain("secret");
  });

  test.each([
    ["an unknown option", { migrations: true }, "migrations", /Unknown option `migrations`.*only `migrate`/],
    ["an option of a wrong type", { migrate: "true" }, "migrate", /must be true or false/],
    ["options that are none", true, "options", /such as `{ migrate: true }`/],
    ["null for options", null, "options", /such as/],
  ])("%s", (_name, options, option, message) => {
    const error = catchError(() => postgresVault("postgres://host/db", options as object));
    expect(error).toMatchObject({ code: "ERR_NOTION_OAUTH_OPTION", option });
    expect((error as Error).message).toMatch(message);
  });

  test.each([
    "postgresql://host/db",
    "POSTGRES://host",
    "postgres:///db",
    "postgres://user:p%23w@host:5433/db?sslmode=verify-full",
    "postgres://%2Frun%2Fpostgresql/db",
    "postgres://user:password@/db?host=/run/postgresql",
  ])("but not %s", (url) => {
    expect(() => postgresVault(url)).not.toThrow();
  });
});
