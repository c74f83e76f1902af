import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import session from "express-session";
import { Redis } from "ioredis";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { createNotionOAuth, type Logger, memoryVault, type NotionVault } from "../../src/index.js";
import { postgresVault } from "../../src/postgres/index.js";
import { redisVault } from "../../src/redis/index.js";
import { sqliteVault } from "../../src/sqlite/index.js";
import { eventually, credentials, startApp } from "../support/app.js";

/** What whoever is called at night reads: every line but the events, which are of level `debug`. */
function logbook(): { logger: Partial<Logger>; lines: unknown[] } {
  const lines: unknown[] = [];
  const write = (level: string) => (message: string, fields: unknown) => void lines.push([level, message, fields]);
  return { lines, logger: { info: write("info"), warn: write("warn"), error: write("error") } };
}

const json = { accept: "application/json" } as const;

test("a logout that the session store prevents says so, with what the store's error was", async () => {
  const store = new session.MemoryStore();
  const { logger, lines } = logbook();
  const { loggedIn } = await startApp({ notion: { logger }, session: { store } });
  const client = await loggedIn();
  const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:6379"), { code: "ECONNREFUSED" });
  Object.assign(store, { destroy: (_id: string, done?: (error: Error) => void) => done?.(refused) });
  expect((await client.post("/logout", json)).status).toBe(503);
  expect(lines).toEqual([
    ["warn", "a request could not be served", { error: "store_unavailable", because: "ECONNREFUSED" }],
  ]);
});

test("a revocation that Notion does not confirm says what Notion answered, and both ids of the request", async () => {
  const { logger, lines } = logbook();
  const { loggedIn, emulator } = await startApp({ notion: { logger } });
  const client = await loggedIn();
  emulator.fault("revoke", { status: 503, headers: { "cf-ray": "8f1c2d3e4a5b6c7d-FRA" } });
  expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "queued" });
  const details = {
    entry: expect.any(String),
    cause: "notion_unavailable",
    attempts: 1,
    status: 503,
    where: `${emulator.url}/v1/oauth/revoke`,
  };
  expect(lines[0]).toEqual([
    "info",
    "Notion did not confirm a revocation",
    { ...details, requestId: expect.stringMatching(/^[\da-f-]{36}$/), cfRay: "8f1c2d3e4a5b6c7d-FRA" },
  ]);
});

test("one that never reached Notion says why", async () => {
  const { logger, lines } = logbook();
  const { loggedIn, emulator } = await startApp({ notion: { logger } });
  const client = await loggedIn();
  const where = `${emulator.url}/v1/oauth/revoke`;
  await emulator.close();
  await client.post("/logout", json);
  expect(lines[0]).toEqual([
    "info",
    "Notion did not confirm a revocation",
    { entry: expect.any(String), cause: "notion_unreachable", attempts: 1, because: "ECONNREFUSED", where },
  ]);
});

test("a token that could not be checked says why down to the system's word, and where that was looked for", async () => {
  const { logger, lines } = logbook();
  const { loggedIn, emulator } = await startApp({
    notion: { logger },
    routes: (app, notion) => void app.get("/checked", notion.requireActiveToken(), (_req, res) => void res.end()),
  });
  const client = await loggedIn();
  const where = `${emulator.url}/v1/oauth/introspect`;
  await emulator.close();
  expect((await client.get("/checked", json)).status).toBe(503);
  const because = "notion_unreachable, ECONNREFUSED";
  const fields = { error: "introspection_failed", because, where };
  expect(lines).toEqual([["warn", "a request could not be served", fields]]);
});

test.each([
  ["ENOENT", Object.assign(new Error("no /run/secrets/hush"), { code: "ENOENT" })],
  ["AccessDeniedException", Object.assign(new Error("hush"), { name: "AccessDeniedException" })],
  ["threw", Object.assign(new Error("hush"), { code: "hush is the secret", name: "hush" })],
  ["threw", { code: Object.create(null) as object }],
  ["brought_nothing", undefined],
  ["brought_number", 7],
])("a client secret that cannot be brought says that it was looked for in the app: %s", async (because, outcome) => {
  const { logger, lines } = logbook();
  let isAway = false;
  const clientSecret = () => {
    if (!isAway) return credentials.clientSecret;
    if (outcome instanceof Error || typeof outcome === "object") throw outcome;
    return outcome as unknown as string;
  };
  const { loggedIn } = await startApp({ notion: { logger, clientSecret, secret: "a secret of the app, long enough" } });
  const client = await loggedIn();
  isAway = true;
  await client.post("/logout", json);
  const where = "the function `clientSecret`";
  const details = { entry: expect.any(String), cause: "client_secret_unavailable", attempts: 1, because, where };
  expect(lines[0]).toEqual(["info", "Notion did not confirm a revocation", details]);
  expect(JSON.stringify(lines)).not.toContain("hush");
});

const password = "pa55word-that-nobody-reads";
const pool = new pg.Pool({ connectionString: `postgres://app:${password}@127.0.0.1:1/appdb?x=${password}` });
const settings = new pg.Pool({ host: "127.0.0.1", port: 1, database: "appdb", user: "app", password });
const url = `redis://app:${password}@127.0.0.1:1/3`;
const ioredis = () => new Redis(url, { lazyConnect: true, retryStrategy: () => null }).on("error", () => {});

test.each<[string, () => NotionVault, string]>([
  [
    "postgresVault(url)",
    () => postgresVault(`postgres://app:${password}@127.0.0.1:1/appdb`),
    "postgres://app@127.0.0.1:1/appdb",
  ],
  ["postgresVault(pool)", () => postgresVault(pool), "postgres://app@127.0.0.1:1/appdb"],
  ["postgresVault(pool) of settings", () => postgresVault(settings), "postgres://127.0.0.1:1/appdb"],
  ["redisVault(url)", () => redisVault(url), "redis://app@127.0.0.1:1/3"],
  [
    "redisVault(url) with its password in the wrong place",
    () => redisVault(`redis://${password}@127.0.0.1:1/3`),
    "redis://127.0.0.1:1/3",
  ],
  ["redisVault(client)", () => redisVault(ioredis()), "redis://127.0.0.1:1/3"],
])("%s that is away says what was looked for, and never a password", async (_, vaultOf, where) => {
  const { logger, lines } = logbook();
  const notion = createNotionOAuth({ ...credentials, vault: vaultOf(), logger });
  onTestFinished(() => notion.close());
  notion.revocations.work();
  await expect.poll(() => lines).not.toEqual([]);
  expect(lines[0]).toEqual([
    "error",
    "the vault does not work at the moment",
    expect.objectContaining({ error: "vault_unavailable", where }),
  ]);
  expect(inspect(lines, { depth: null, showHidden: true })).not.toContain(password);
});

test("a file that is not there any more is named", async () => {
  const directory = mkdtempSync(join(tmpdir(), "gone-"));
  const where = join(directory, "notion.db");
  const { logger, lines } = logbook();
  const notion = createNotionOAuth({ ...credentials, vault: sqliteVault(where), logger });
  onTestFinished(() => notion.close());
  rmSync(directory, { recursive: true });
  notion.revocations.work();
  await expect.poll(() => lines).not.toEqual([]);
  const fields = { error: "vault_unavailable", because: "ENOENT", where };
  expect(lines[0]).toEqual(["error", "the vault does not work at the moment", fields]);
});

test("a login that a vault of the app's own prevents says where that is", async () => {
  const { logger, lines } = logbook();
  const store = memoryVault();
  let isAway = false;
  const refused = Object.assign(new Error("away"), { code: "ECONNREFUSED" });
  const vault: NotionVault = {
    where: "the cellar",
    open(clientId) {
      const inner = store.open(clientId);
      return { ...inner, insert: (entry) => (isAway ? Promise.reject(refused) : inner.insert(entry)) };
    },
  };
  const { logIn, client } = await startApp({ notion: { logger, vault } });
  isAway = true;
  const page = await logIn(client());
  const fields = { error: "vault_unavailable", because: "ECONNREFUSED", where: "the cellar" };
  expect(lines).toContainEqual(["warn", "a request could not be served", fields]);
  // Users are told whose fault it is and what to do, and nothing of the machines behind.
  expect([page.status, page.body]).toEqual([503, expect.stringContaining("on our side. Please try again")]);
  expect(page.body).not.toMatch(/cellar|ECONNREFUSED|vault/);
});

test("what an app prints of a call that never reached Notion names the host", async () => {
  const notion = createNotionOAuth({ ...credentials, baseUrl: "http://127.0.0.1:1", logger: {} });
  onTestFinished(() => notion.close());
  const error: unknown = await notion.client.introspect("a-token").catch((reason: unknown) => reason);
  expect(inspect(error)).toContain("ECONNREFUSED: the request was for 127.0.0.1:1");
  // What is not for a browser is in nothing that an app may send to one.
  expect(JSON.stringify(error)).not.toContain("127.0.0.1");
});

test("an outage is told once when it begins and once when it is over; it is an error, which nobody has to ask for", async () => {
  const { logger, lines } = logbook();
  const { loggedIn, emulator, notion } = await startApp({ notion: { logger } });
  const clients = [];
  for (let index = 0; index < 6; index += 1) clients.push(await loggedIn());
  emulator.down();
  for (const client of clients) await client.post("/logout", json);
  expect(await notion.health()).toMatchObject({ isNotionDown: true, lastFailure: "notion_unreachable" });
  emulator.up();
  await eventually(() => emulator.activeTokens().length === 0, "all are dead");
  await eventually(async () => !(await notion.health()).isNotionDown, "Notion is up");
  const told = (lines as [string, string, unknown][]).filter(([, line]) => line.startsWith("Notion confirms"));
  expect(told).toEqual([
    [
      "error",
      "Notion confirms no revocations: they wait, and one at a time is tried",
      { error: "notion_unreachable", because: expect.any(String), where: `${emulator.url}/v1/oauth/revoke` },
    ],
    ["warn", "Notion confirms revocations again", undefined],
  ]);
});

test("a login with wrong client credentials is an error: only a person can mend them", async () => {
  const { logger, lines } = logbook();
  const { client: browser, emulator } = await startApp({ notion: { logger, clientSecret: "not Notion's" } });
  const client = browser();
  const { location } = await client.get("/login");
  expect((await client.get(await emulator.authorize(location))).status).toBe(500);
  expect(lines).toContainEqual([
    "error",
    "a request could not be served",
    expect.objectContaining({ error: "invalid_client" }),
  ]);
});
