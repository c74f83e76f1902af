import session from "express-session";
import { RedisStore } from "connect-redis";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNotionEmulator } from "../../src/emulator/index.js";
import {
  type ConnectionStore,
  directoryQueue,
  memoryQueue,
  type RevocationQueue,
  type StoredConnection,
} from "../../src/index.js";
import { delay, eventually, startApp, type TestAppOptions } from "../support/app.js";
import { temporary } from "../support/server-process.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";

/** Life of a session in ms. A record lives a quarter longer. */
const LIFE = 1200;
const DAY = 86_400_000;

/** Lets the clock of Notion, the sessions and the queue run ahead. Timers keep their own time. */
let ahead = 0;
const realNow = Date.now.bind(Date);
const skip = (ms: number): void => {
  ahead += ms;
};
beforeEach(() => {
  ahead = 0;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + ahead);
});
afterEach(() => void vi.restoreAllMocks());

/** A queue whose worker looks every 20 ms, so that it notices that time was skipped; counts what is written. */
function watched(queue: RevocationQueue): { queue: RevocationQueue; writes: string[] } {
  const writes: string[] = [];
  const count =
    <A extends unknown[], R>(name: string, call: (...args: A) => R) =>
    (...args: A) => {
      writes.push(name);
      return call(...args);
    };
  return {
    writes,
    queue: {
      ...queue,
      pollInterval: 20,
      add: count("add", queue.add),
      reschedule: count("reschedule", queue.reschedule),
      acknowledge: count("acknowledge", queue.acknowledge),
      cancel: count("cancel", queue.cancel),
    },
  };
}

function appWith(life: number, options: TestAppOptions = {}) {
  return startApp({
    ...options,
    session: { cookie: { maxAge: life }, ...options.session },
    notion: { revocations: watched(memoryQueue()).queue, ...options.notion },
  });
}

const mapStore = (): ConnectionStore & { values: Map<string, StoredConnection> } => {
  const values = new Map<string, StoredConnection>();
  const ends = new Map<string, number>();
  return {
    values,
    async get(id) {
      return (ends.get(id) ?? 0) > Date.now() ? values.get(id) : undefined;
    },
    async set(id, value, ttl) {
      values.set(id, value);
      ends.set(id, Date.now() + ttl);
    },
  };
};

describe("a session that expires without a logout", () => {
  test("has its tokens revoked once it is over, and not before", async () => {
    const { emulator, loggedIn, notion } = await appWith(DAY);
    await loggedIn();
    expect(await notion.revocations.pending()).toEqual([]);
    for (const hours of [1, 12, 10]) {
      skip(hours * 3_600_000);
      await delay(80);
      expect(emulator.activeTokens()).toHaveLength(2);
    }
    skip(8 * 3_600_000);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    await eventually(() => emulator.count("revoke") === 2, "both were revoked");
    await delay(60);
    expect(emulator.count("revoke")).toBe(2);
  });

  test("by the real clock", async () => {
    const { emulator, loggedIn, events } = await appWith(LIFE);
    const client = await loggedIn();
    const loggedInAt = Date.now();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead", 6000);
    expect(Date.now() - loggedInAt).toBeGreaterThan(LIFE);
    expect((await client.get("/state")).json().connected).toBe(false);
    expect(events.map(({ name }) => name)).toContain("token.revoked");
  });

  test("keeps its tokens while it is used, however long", async () => {
    const { emulator, loggedIn } = await appWith(DAY);
    const client = await loggedIn();
    for (let day = 0; day < 12; day += 1) {
      skip(DAY * 0.8);
      expect((await client.get("/state")).json().connected).toBe(true);
      await delay(60);
      expect(emulator.activeTokens()).toHaveLength(2);
    }
    skip(DAY * 1.6);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("takes the tokens with it that it got by refreshing, wanted and forced", async () => {
    const { emulator, loggedIn } = await appWith(DAY, {
      emulator: { behaviour: { refreshKillsAccessToken: false } },
      routes: (app) => app.get("/refresh", async (req, res) => void res.json({ token: await req.notion.refresh() })),
    });
    const client = await loggedIn();
    emulator.expireAccessToken(emulator.activeTokens().find(({ kind }) => kind === "access")!.value);
    expect((await client.get("/me")).status).toBe(200);
    await client.get("/refresh");
    await client.get("/refresh");
    expect(emulator.activeTokens().length).toBeGreaterThan(2);
    skip(DAY * 0.9);
    await delay(80);
    expect((await client.get("/me")).status).toBe(200);
    skip(DAY * 2);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("is not mistaken for one that went on under another id, with a further connection", async () => {
    const { emulator, loggedIn, logIn } = await appWith(DAY);
    const client = await loggedIn();
    await logIn(client, { workspace: "Home" });
    for (let day = 0; day < 3; day += 1) {
      skip(DAY * 0.9);
      expect((await client.get("/me")).status).toBe(200);
      await delay(60);
    }
    expect(emulator.activeTokens()).toHaveLength(4);
    skip(DAY * 2);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("is not mistaken for one whose store failed when it was to live on", async () => {
    const store = new session.MemoryStore();
    const touch = store.touch.bind(store);
    let touches = 0;
    store.touch = (sid, row, callback) => {
      if (!sid.startsWith("notion.")) return touch(sid, row, callback);
      touches += 1;
      if (touches === 1) (callback as ((error: unknown) => void) | undefined)?.(new Error("store down"));
      else touch(sid, row, callback);
    };
    const { emulator, loggedIn } = await appWith(DAY, { session: { store } });
    const client = await loggedIn();
    skip(DAY * 0.9);
    await client.get("/state");
    await eventually(() => touches === 1, "the record was to be touched");
    await delay(20);
    await client.get("/state");
    await eventually(() => touches === 2, "the record is touched again");
    skip(DAY * 0.9);
    await delay(80);
    expect(emulator.activeTokens()).toHaveLength(2);
    expect((await client.get("/me")).status).toBe(200);
  });

  test("is not mistaken for one that another browser of the same user goes on with", async () => {
    const { emulator, loggedIn } = await appWith(DAY);
    await loggedIn();
    const used = await loggedIn();
    for (let day = 0; day < 3; day += 1) {
      skip(DAY * 0.9);
      expect((await used.get("/me")).status).toBe(200);
      await delay(60);
    }
    await eventually(() => emulator.activeTokens().length === 2, "only the tokens of the used one live");
    expect((await used.get("/me")).status).toBe(200);
  });

  test("keeps what a login with the very same token goes on with", async () => {
    const { emulator, loggedIn, logIn } = await appWith(DAY, {
      emulator: { behaviour: { reauthorize: "same_token" } },
    });
    const client = await loggedIn();
    await logIn(client);
    expect(emulator.activeTokens()).toHaveLength(2);
    for (let day = 0; day < 3; day += 1) {
      skip(DAY * 0.9);
      expect((await client.get("/me")).status).toBe(200);
      await delay(60);
    }
    expect(emulator.activeTokens()).toHaveLength(2);
    skip(DAY * 2);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("dies when its store can tell again, however long that takes and however old the login is", async () => {
    const store = new session.MemoryStore();
    const get = store.get.bind(store);
    let looks = 0;
    let broken = false;
    store.get = (sid, callback) => {
      if (!broken || !sid.startsWith("notion.")) return get(sid, callback);
      looks += 1;
      callback(new Error("store down"));
    };
    const { emulator, loggedIn, notion, events } = await appWith(5 * DAY, { session: { store } });
    await loggedIn();
    broken = true;
    for (let day = 0; day < 8; day += 1) {
      skip(DAY);
      await delay(40);
    }
    expect(looks).toBeGreaterThan(1);
    expect(emulator.activeTokens()).toHaveLength(2);
    broken = false;
    skip(DAY);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    expect(await notion.revocations.failed()).toEqual([]);
    expect(events.map(({ name }) => name)).not.toContain("revocation.failed");
  });

  test("is not given up for the age of its login when Notion is down at that time", async () => {
    const { emulator, loggedIn, notion } = await appWith(5 * DAY);
    await loggedIn();
    emulator.fault("revoke", { status: 503 });
    skip(7 * DAY);
    await eventually(() => emulator.count("revoke") > 1, "it was tried");
    emulator.clearFaults();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    expect(await notion.revocations.failed()).toEqual([]);
  });

  test("dies when Notion is back, if Notion was down at that time", async () => {
    const { emulator, loggedIn } = await appWith(DAY);
    await loggedIn();
    emulator.down();
    skip(DAY * 2);
    await delay(150);
    expect(emulator.activeTokens()).toHaveLength(2);
    emulator.up();
    const end = Date.now() + 4000;
    while (emulator.activeTokens().length > 0 && Date.now() < end) {
      skip(1000);
      await delay(40);
    }
    expect(emulator.activeTokens()).toEqual([]);
  });
});

describe("a session that the app destroys itself", () => {
  test("has its tokens revoked by their guard", async () => {
    const { emulator, loggedIn } = await appWith(DAY, {
      routes: (app) => app.post("/own-logout", (req, res) => req.session.destroy(() => res.json({}))),
    });
    const client = await loggedIn();
    expect((await client.post("/own-logout")).status).toBe(200);
    expect((await client.get("/state")).json().connected).toBe(false);
    skip(DAY * 1.3);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("and one it regenerates", async () => {
    const { emulator, loggedIn } = await appWith(DAY, {
      routes: (app) => app.post("/again", (req, res) => req.session.regenerate(() => res.json({}))),
    });
    const client = await loggedIn();
    await client.post("/again");
    skip(DAY * 1.3);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });
});

describe("revokeOnExpiry", () => {
  test("false leaves the tokens of an expired session alone", async () => {
    const { emulator, loggedIn } = await appWith(DAY, { notion: { revokeOnExpiry: false } });
    await loggedIn();
    for (let day = 0; day < 4; day += 1) {
      skip(DAY);
      await delay(60);
    }
    expect(emulator.activeTokens()).toHaveLength(2);
    expect(emulator.count("revoke")).toBe(0);
  });

  test("is false by default with a store of the app's own, which may keep connections as long as it likes", async () => {
    const { emulator, loggedIn } = await appWith(DAY, { notion: { connections: mapStore() } });
    await loggedIn();
    for (let day = 0; day < 4; day += 1) {
      skip(DAY);
      await delay(60);
    }
    expect(emulator.activeTokens()).toHaveLength(2);
  });

  test("true holds for a store of the app's own", async () => {
    const { emulator, loggedIn } = await appWith(DAY, {
      notion: { connections: mapStore(), revokeOnExpiry: true },
    });
    await loggedIn();
    skip(DAY * 1.3);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  });

  test("false or true, tokens that never got into a connection die", async () => {
    for (const revokeOnExpiry of [true, false]) {
      const connections = mapStore();
      const { emulator, client, logIn } = await appWith(DAY, { notion: { connections, revokeOnExpiry } });
      const set = connections.set.bind(connections);
      // As if the process had been killed here: nothing after it ever happens.
      connections.set = (id, value, ttl) => (value.state === "active" ? new Promise(() => {}) : set(id, value, ttl));
      void logIn(client()).catch(() => {});
      await eventually(() => emulator.activeTokens().length === 2, "the tokens are issued");
      await delay(50);
      skip(61_000);
      await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    }
  });
});

describe("the cost", () => {
  test("no write to the queue or the connection store per request, one per quarter of the session's life", async () => {
    const store = new session.MemoryStore();
    const { queue, writes } = watched(memoryQueue());
    const stored: string[] = [];
    for (const method of ["set", "touch"] as const) {
      const call = store[method].bind(store) as (...args: unknown[]) => void;
      store[method] = (sid: string, ...rest: unknown[]) => {
        if (sid.startsWith("notion.")) stored.push(`${method} ${sid}`);
        return call(sid, ...rest);
      };
    }
    const { loggedIn } = await appWith(DAY, { session: { store }, notion: { revocations: queue } });
    const client = await loggedIn();
    writes.length = 0;
    stored.length = 0;

    for (let request = 0; request < 100; request += 1) await client.get("/state");
    expect([writes, stored]).toEqual([[], []]);

    // Ten days with a request every 36 minutes.
    for (let request = 0; request < 400; request += 1) {
      skip(DAY / 40);
      await client.get("/state");
      if (request % 5 === 0) await delay(22);
    }
    // Four quarters a day; and the guard looks as often.
    expect(stored.length).toBeGreaterThanOrEqual(30);
    expect(stored.length).toBeLessThanOrEqual(41);
    expect(writes.length).toBeLessThanOrEqual(42);
    expect(new Set(writes)).toEqual(new Set(["reschedule"]));
  });
});

test("a restart in between changes nothing with a durable queue", async () => {
  const directory = mkdtempSync(join(tmpdir(), "expiry-"));
  const files = temporary(directory);
  onTestFinished(() => files.remove());
  const emulator = createNotionEmulator();
  await emulator.start();
  onTestFinished(() => emulator.close());
  const store = new session.MemoryStore();
  const open = () =>
    appWith(DAY, { emulator, session: { store }, notion: { revocations: watched(directoryQueue(directory)).queue } });
  const before = await open();
  const client = await before.loggedIn();
  await before.close();
  skip(DAY * 0.5);

  const between = await open();
  await between.client().get("/state");
  skip(DAY * 0.4);
  await delay(150);
  expect(emulator.activeTokens()).toHaveLength(2);
  expect((await client.copy().get(`${between.origin}/state`)).json().connected).toBe(true);
  await between.close();
  skip(DAY * 1.3);

  const after = await open();
  expect(emulator.activeTokens()).toHaveLength(2);
  await after.client().get("/state");
  await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
});

describeWithService("redis", "sessions in Redis", () => {
  let server: RedisServer;
  let redis: ReturnType<typeof createClient>;
  beforeAll(async () => {
    server = await startRedis();
    redis = createClient({ url: server.url });
    await redis.connect();
  });
  afterAll(async () => {
    redis.destroy();
    await server.close();
  });

  test("the tokens die once Redis has dropped the session, and not while it is used", async () => {
    const store = new RedisStore({ client: redis });
    const { emulator, loggedIn, store: used } = await appWith(3000, { session: { store } });
    expect(used).toBe(store);
    const [client] = [await loggedIn(), await loggedIn()];
    for (let time = 0; time < 12; time += 1) {
      await delay(500);
      expect((await client.get("/state")).json().connected).toBe(true);
    }
    // The other browser was not used for six seconds.
    expect(emulator.activeTokens()).toHaveLength(2);
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    const left = await redis.keys("*");
    expect(left.filter((key) => !key.startsWith("sess:notion.s.login-"))).toEqual([]);
  });
});
