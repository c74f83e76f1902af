// A process with very many entries in its vault, made as the lifecycle makes them: sealed, with their keys.
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { createNotionOAuth, memoryVault } from "express-notion-oauth";
import { clientId, clientSecret, redirectUri } from "../contestants/notion.mjs";
import { openVault } from "../contestants/ours.mjs";
import { median } from "../statistics.mjs";
import { answer } from "./parent.mjs";

const LIFE = 14 * 86_400_000;
const HOUR = 3_600_000;

const { vault: kind, database, internals, notionUrl = "http://127.0.0.1:1" } = JSON.parse(process.argv[2]);
const { createSealer, tokenHash, tokenKeeper, tokenKey } = await import(internals);
const source = kind === "memory" ? memoryVault() : await openVault[kind](database);
const vault = source.open(clientId);
const keeper = tokenKeeper(createSealer([clientSecret], clientId), source.inProcess === true);
const notion = createNotionOAuth({
  clientId,
  clientSecret,
  redirectUri,
  baseUrl: notionUrl,
  vault: source,
  logoutMode: "background",
});

const random = (bytes) => randomBytes(bytes).toString("base64url");
const held = [];

/** As large as an entry of the lifecycle with a pair of tokens. */
function entry(state, dueIn, workspaceId = random(16)) {
  const id = random(16);
  const botId = random(16);
  const session = tokenHash(random(16));
  const tokens = { accessToken: `ntn_${random(34)}`, refreshToken: `nrt_${random(34)}` };
  const owner = { type: "user", user: { object: "user", id: random(16), name: "Ada Lovelace", type: "person" } };
  return {
    id,
    state,
    dueIn,
    keys: [
      `session:${session}`,
      `bot:${botId}`,
      `workspace:${workspaceId}`,
      tokenKey(tokens.accessToken),
      tokenKey(tokens.refreshToken),
    ],
    data: {
      v: 1,
      connection: { botId, workspaceId, workspaceName: "A workspace", owner, connectedAt: Date.now() },
      account: tokenHash(botId),
      session,
      lifetime: LIFE,
      tokens: keeper.put(id, tokens),
      ...(state === "ending" && { cause: "logged_out", since: Date.now(), attempts: 0 }),
    },
  };
}

/** A connection that a user of the app holds, used in one session. */
function entryOf(user) {
  const { keys, data, ...rest } = entry("held", null);
  const { account, session, lifetime, ...facts } = data;
  const sessions = [{ hash: session, since: Date.now(), at: Date.now(), lifetime }];
  return { ...rest, keys: [userKey(user), ...keys], data: { ...facts, account, user, sessions } };
}
const userKey = (user) => `user:${tokenHash(user)}`;

/** What is left of an entry whose tokens are dead. */
function tombstone(dueIn) {
  const { data, ...rest } = entry("ended", dueIn);
  const { v, account, session, lifetime } = data;
  return {
    ...rest,
    keys: [],
    data: { v, account, session, lifetime, cause: "logged_out", outcome: "revoked" },
  };
}

/** A session that was logged out. */
const mark = (dueIn) => ({
  id: `s-${tokenHash(random(16))}`,
  state: "mark",
  dueIn,
  keys: [],
  data: { v: 1, loggedOut: true },
});

async function insertAll(count, make) {
  for (let left = count; left > 0; left -= 50)
    await Promise.all(
      Array.from({ length: Math.min(left, 50) }, async () => {
        const made = make();
        await vault.insert(made);
        if (made.state === "held") held.push(made);
      }),
    );
}

/** Median time of one run after the other, in ms. */
async function time(samples, run) {
  const times = [];
  for (let index = 0; index < samples; index += 1) {
    const since = performance.now();
    await run(index);
    times.push(performance.now() - since);
  }
  return median(times);
}

answer({
  fill: async ({ held: many = 0, waiting = 0, tombstones = 0, marks = 0, dueIn = HOUR }) => {
    await insertAll(many, () => entry("held", LIFE * 1.25));
    await insertAll(waiting, () => entry("ending", dueIn));
    await insertAll(tombstones, () => tombstone(dueIn));
    await insertAll(marks, () => mark(dueIn));
  },

  async measure({ samples }) {
    const pick = () => held[Math.floor(Math.random() * held.length)];
    const guard = await time(samples, () => vault.get(pick().id));
    const login = await time(samples, async () => {
      const { dueIn, ...made } = entry("arriving", 60_000);
      await vault.insert({ ...made, dueIn });
      await vault.replace({ ...made, state: "held", dueIn: LIFE }, 1);
    });
    const logout = await time(samples, async () => {
      const one = held.pop();
      const [found] = await vault.find({ key: one.keys[0] });
      await vault.replace({ ...one, state: "ending", dueIn: HOUR }, found.version);
      await vault.replace({ ...one, state: "ended", dueIn: HOUR, keys: [] }, found.version + 1);
    });
    const pending = await time(3, () => notion.revocations.pending());
    for (let index = 0; index < 50; index += 1) await vault.insert(entry("held", LIFE, `ten-${index % 5}`));
    const revokeAll = await time(5, (index) => notion.revokeAll({ workspaceId: `ten-${index}` }));
    for (let index = 0; index < samples; index += 1) await vault.insert(entryOf(`user-${index}`));
    const guardOfUser = await time(samples, (index) => vault.find({ key: userKey(`user-${index}`), state: "held" }));
    for (let index = 0; index < 50; index += 1) await vault.insert(entryOf(`ten-${index % 5}`));
    const erasure = await time(5, (index) => notion.revokeAll({ user: `ten-${index}` }));
    return {
      "guard: get": guard,
      "guard with user: find": guardOfUser,
      "login: 2 writes": login,
      "logout: find, 2 writes": logout,
      "pending()": pending,
      "revokeAll of 10": revokeAll,
      "of a user's 10": erasure,
    };
  },

  /** Time until the first answer of a vault that is there already. */
  open: () => time(1, () => vault.nextDueIn()),
  work: () => notion.revocations.work(),

  /** Until no entry is in this state any more. */
  async drained(state) {
    while ((await vault.find({ state }, { limit: 1 })).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
  },

  /** What the process takes, and what the entries take where they are kept, in bytes. */
  size: async () => {
    // A vault makes what it needs at its first call.
    await vault.nextDueIn();
    globalThis.gc();
    return { process: process.memoryUsage().rss, entries: await size() };
  },
});

async function size() {
  if (kind === "sqlite") {
    const { default: Database } = await import("libsql");
    const file = new Database(database);
    file.pragma("wal_checkpoint(TRUNCATE)");
    file.close();
    return statSync(database).size;
  }
  if (kind === "postgres") {
    const { default: pg } = await import("pg");
    const client = new pg.Client({ connectionString: database });
    await client.connect();
    const { rows } = await client.query("SELECT pg_total_relation_size('notion_entries') AS size");
    await client.end();
    return Number(rows[0].size);
  }
  if (kind === "redis") {
    const { Redis } = await import("ioredis");
    const redis = new Redis(database);
    const memory = await redis.info("memory");
    redis.disconnect();
    return Number(/used_memory:(\d+)/.exec(memory)[1]);
  }
  return process.memoryUsage().heapUsed;
}
