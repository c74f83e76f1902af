import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../src/emulator/index.js";
import { delay } from "../support/app.js";
import { Client } from "../support/client.js";
import { describeWithService, type RedisServer, startRedis } from "../support/services.js";

const json = { accept: "application/json" } as const;
const script = fileURLToPath(new URL("fixtures/app.mjs", import.meta.url));

describeWithService("redis", "real processes on one Redis", () => {
  let redis: RedisServer;
  let emulator: NotionEmulator;
  const children = new Set<ChildProcess>();

  beforeEach(async () => {
    redis = await startRedis();
    emulator = createNotionEmulator({ behaviour: { refreshReplay: "kill_family" } });
    await emulator.start();
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
    await emulator.close();
    await redis.close();
  });

  /** The redirect URI is the first process'; the test brings the callback where it likes. */
  async function start(count: number, options: object = {}): Promise<{ origin: string; child: ChildProcess }[]> {
    const config = JSON.stringify({
      redis: redis.url,
      notion: emulator.url,
      redirectUri: "http://127.0.0.1:1/callback",
      ...options,
    });
    return Promise.all(
      Array.from({ length: count }, async () => {
        const child = spawn(process.execPath, [script, config], { stdio: ["ignore", "pipe", "inherit"] });
        children.add(child);
        const [origin] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line")) as [
          string,
        ];
        return { origin, child };
      }),
    );
  }

  async function startTwo(options?: object) {
    const [first, second] = await start(2, options);
    if (first === undefined || second === undefined) throw new Error("Two processes were to start.");
    return [first, second] as const;
  }

  async function loggedIn(origin: string): Promise<Client> {
    const client = new Client(origin);
    const login = await client.get("/login?returnTo=/state");
    const callback = new URL(await emulator.authorize(login.location));
    expect((await client.get(callback.pathname + callback.search)).status).toBe(303);
    return client;
  }

  function expire(): void {
    for (const { value, kind } of emulator.activeTokens()) if (kind === "access") emulator.expireAccessToken(value);
  }

  const refreshes = () => emulator.count("token", ({ grantType }) => grantType === "refresh_token");
  const state = async (client: Client, origin: string) => (await client.get(`${origin}/state`, json)).json();

  test.each([
    ["resave: false with a change", "/slow", {}],
    ["resave: true without a change", "/slow-read", { resave: true }],
    ["a streamed answer", "/slow-stream", {}],
  ])("a slow request on one, a logout on the other: revived nowhere (%s)", async (_, path, options) => {
    const [first, second] = await startTwo(options);
    const client = await loggedIn(first.origin);
    const old = client.copy();
    const slow = old.copy().get(first.origin + path);
    await delay(150);
    expect((await client.post(`${second.origin}/logout`, json)).json()).toEqual({
      loggedOut: true,
      revocation: "revoked",
      tokens: 2,
    });
    await slow;
    for (const { origin } of [first, second]) {
      expect(await state(old.copy(), origin)).toEqual({ connected: false, user: null, token: false });
    }
    expect(emulator.activeTokens()).toEqual([]);
  });

  test.each([
    ["its token in the session", true],
    ["no connection to Notion at all", false],
  ])("the same for an app with its own login and %s", async (_, withToken) => {
    const [first, second] = await startTwo();
    const client = new Client(first.origin);
    const token = emulator.issue().access_token;
    await client.get(withToken ? `/in?token=${token}` : "/in");
    const old = client.copy();
    const slow = old.copy().get("/slow");
    await delay(150);
    const answer = await client.post(`${second.origin}/logout`, json);
    expect(answer.json()).toEqual({
      loggedOut: true,
      revocation: withToken ? "revoked" : "none",
      tokens: withToken ? 1 : 0,
    });
    await slow;
    for (const { origin } of [first, second]) {
      expect(await state(old.copy(), origin)).toEqual({ connected: false, user: null, token: false });
    }
    expect(emulator.isActive(token)).toBe(!withToken);
  });

  test("200 requests over four processes with a dead access token: one refresh, all served", async () => {
    const processes = await start(4);
    const client = await loggedIn(processes[0]?.origin ?? "");
    expire();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => client.copy().get(`${processes[index % 4]?.origin}/me`, json)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(refreshes()).toBe(1);
  });

  test("a process that is killed while it refreshes holds the others no longer than the lease, and no used token is sent again", async () => {
    const [first, second] = await startTwo({ timeout: 1000 });
    const client = await loggedIn(first.origin);
    expire();
    const hanging = emulator.fault("token", { hang: true });
    const lost = client
      .copy()
      .get(`${first.origin}/me`, json)
      .catch(() => undefined);
    await expect.poll(() => hanging.hits, { timeout: 15_000 }).toBe(1);
    first.child.kill("SIGKILL");
    await lost;
    hanging.clear();
    const started = Date.now();
    expect((await client.copy().get(`${second.origin}/me`, json)).status).toBe(200);
    // Two calls' time and the margin of the store: refresh-connection.ts.
    expect(Date.now() - started).toBeLessThan(12_000);
    expect(emulator.count("introspect")).toBe(1);
    expect(emulator.activeTokens()).toHaveLength(2);
  }, 30_000);

  test("a logout on one while another refreshes: both pairs die", async () => {
    const [first, second] = await startTwo();
    const client = await loggedIn(first.origin);
    expire();
    const slow = emulator.fault("token", { delay: 1500 });
    const waiting = client.copy().get(`${first.origin}/me`, json);
    await expect.poll(() => slow.hits, { timeout: 15_000 }).toBe(1);
    expect((await client.copy().post(`${second.origin}/logout`, json)).status).toBe(200);
    expect((await waiting).status).toBe(401);
    await expect.poll(() => emulator.activeTokens().length, { timeout: 15_000 }).toBe(0);
    expect((await client.copy().get(`${second.origin}/me`, json)).status).toBe(401);
  });
});
