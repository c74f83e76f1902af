import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../src/emulator/index.js";
import { eventually } from "../support/app.js";
import { Client } from "../support/client.js";

interface Started {
  readonly origin: string;
  readonly child: ChildProcess;
  /** Whether a slow request has begun. */
  readonly isSlow: () => boolean;
}

const json = { accept: "application/json" } as const;
const script = fileURLToPath(new URL("fixtures/app.mjs", import.meta.url));

describe("real processes on one SQLite file, with session-file-store", () => {
  let directory: string;
  let emulator: NotionEmulator;
  const children = new Set<ChildProcess>();

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "processes-"));
    emulator = createNotionEmulator({ behaviour: { refreshReplay: "kill_family" } });
    await emulator.start();
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
    await emulator.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** The redirect URI is the first process'; the test brings the callback where it likes. */
  async function start(count: number, options: object = {}): Promise<Started[]> {
    const config = JSON.stringify({
      directory,
      notion: emulator.url,
      redirectUri: "http://127.0.0.1:1/callback",
      ...options,
    });
    return Promise.all(
      Array.from({ length: count }, async () => {
        const child = spawn(process.execPath, [script, config], { stdio: ["ignore", "pipe", "inherit"] });
        children.add(child);
        const output = createInterface({ input: child.stdout as NodeJS.ReadableStream });
        const [origin] = (await once(output, "line")) as [string];
        const lines: string[] = [];
        output.on("line", (line) => lines.push(line));
        return { origin, child, isSlow: () => lines.includes("slow") };
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
    await eventually(first.isSlow, "the slow request has its session");
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
    await eventually(first.isSlow, "the slow request has its session");
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
    await expect.poll(() => hanging.hits).toBe(1);
    first.child.kill("SIGKILL");
    await lost;
    hanging.clear();
    // Its time is the time that it may have listened to Notion: until then the others are told to come again.
    const answers = new Set<number>();
    await eventually(async () => {
      const { status } = await client.copy().get(`${second.origin}/me`, json);
      answers.add(status);
      return status === 200;
    }, "the other process goes on");
    expect([...answers].filter((status) => status !== 503)).toEqual([200]);
    // Asked again where a busy machine let the deadline of the first question pass.
    expect(emulator.count("introspect")).toBeGreaterThan(0);
    expect(emulator.count("token", ({ grantType, status }) => grantType === "refresh_token" && status === 200)).toBe(1);
    expect(emulator.activeTokens()).toHaveLength(2);
  });

  test("a logout on one while another refreshes: both pairs die", async () => {
    const [first, second] = await startTwo();
    const client = await loggedIn(first.origin);
    expire();
    const slow = emulator.fault("token", { delay: 1500 });
    const waiting = client.copy().get(`${first.origin}/me`, json);
    await expect.poll(() => slow.hits).toBe(1);
    expect((await client.copy().post(`${second.origin}/logout`, json)).status).toBe(200);
    expect((await waiting).status).toBe(401);
    await expect.poll(() => emulator.activeTokens().length).toBe(0);
    expect((await client.copy().get(`${second.origin}/me`, json)).status).toBe(401);
  });
});
