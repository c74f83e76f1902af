// Callers that give up by an AbortSignal: in a request, and in a job.
import { getEventListeners } from "node:events";
import type { ErrorRequestHandler } from "express";
import { describe, expect, test, vi } from "vitest";
import type { NotionRequest, StoredConnection } from "../../src/index.js";
import { eventually, startApp, type TestApp, type TestAppOptions } from "../support/app.js";
import { gate } from "../support/gate.js";
import { newVault } from "../support/new-vault.js";
import { faultyVault } from "../support/vaults.js";

type Calls = Pick<NotionRequest & StoredConnection, "accessToken" | "withAccessToken" | "refresh" | "introspect">;

/** What a call brought, or the codes that it failed with: its own, and that of the cause. */
type Outcome =
  | { readonly value: unknown }
  | { readonly error: string; readonly because?: string; readonly sent?: boolean };

/** Makes calls as a request or as a job. */
type Door = (job: (calls: Calls) => Promise<unknown>) => Promise<Outcome>;

interface Failure {
  readonly code: string;
  readonly option?: string;
  readonly sent?: boolean;
  readonly cause?: { readonly code: string; readonly sent: boolean };
}

const failed = ({ code, option, sent, cause }: Failure): Outcome =>
  JSON.parse(JSON.stringify({ error: option ?? code, because: cause?.code, sent: cause?.sent ?? sent }));

const jobs = new Map<string, (calls: Calls) => Promise<unknown>>();
const routes: TestAppOptions["routes"] = (app) => {
  app.get("/run", (req, res, next) => {
    jobs
      .get(String(req.query.job))?.(req.notion)
      .then((value) => res.json({ value }), next);
  });
  const handler: ErrorRequestHandler = (error: Failure, _req, res, _next) => void res.json(failed(error));
  app.use(handler);
};

const doors: readonly [name: string, (app: TestApp) => Promise<Door>][] = [
  [
    "req.notion",
    async (app) => {
      const client = await app.loggedIn();
      return async (job) => {
        const name = String(jobs.size);
        jobs.set(name, job);
        return (await client.copy().get(`/run?job=${name}`)).json<Outcome>();
      };
    },
  ],
  [
    "a stored connection",
    async (app) => {
      await app.loggedIn();
      return async (job) => {
        const [connection] = await app.notion.connections.find();
        return job(connection as StoredConnection).then((value) => ({ value }), failed);
      };
    },
  ],
];

// Long enough that nothing but the signal can end the waiting.
const start = (options: TestAppOptions = {}) => startApp({ notion: { timeout: 60_000 }, ...options, routes });
const refreshes = ({ emulator }: TestApp) => emulator.count("token", ({ grantType }) => grantType === "refresh_token");
const liveAccessToken = ({ emulator }: TestApp) => emulator.activeTokens().find(({ kind }) => kind === "access")?.value;
const gaveUp = (sent: boolean): Outcome => ({ error: "refresh_failed", because: "notion_timeout", sent });
const refused = () => Promise.reject(Object.assign(new Error("Notion refused"), { status: 401 }));

describe.each(doors)("%s", (_, open) => {
  test("refresh(): who gives up is told at once, and the pair is stored all the same", async () => {
    const app = await start();
    const door = await open(app);
    const { value: before } = (await door((calls) => calls.accessToken())) as { value: string };
    const slow = app.emulator.fault("token", { delay: 500 });
    const abort = new AbortController();
    const call = door((calls) => calls.refresh({ signal: abort.signal }));
    await eventually(() => slow.hits === 1, "Notion is asked");
    abort.abort();
    expect(await call).toEqual(gaveUp(true));
    expect(liveAccessToken(app)).toBe(before);
    const stored = async () => ((await door((calls) => calls.accessToken())) as { value: string }).value;
    await eventually(async () => (await stored()) !== before, "the new pair is stored");
    expect(await stored()).toBe(liveAccessToken(app));
    expect([refreshes(app), app.emulator.activeTokens().length]).toEqual([1, 2]);
  });

  test("refresh(): who gives up takes nothing from those who wait for the same one, here and on another process", async () => {
    const app = await start({ emulator: { behaviour: { refreshReplay: "kill_family" } } });
    const door = await open(app);
    const notion = { redirectUri: `${app.origin}/auth/notion/callback`, vault: app.vault };
    const other = await startApp({ emulator: app.emulator, session: { store: app.store }, notion });
    const slow = app.emulator.fault("token", { delay: 500 });
    const abort = new AbortController();
    const impatient = door((calls) => calls.refresh({ signal: abort.signal }));
    await eventually(() => slow.hits === 1, "Notion is asked");
    const patient = door((calls) => calls.refresh({ signal: new AbortController().signal }));
    const [elsewhere] = await other.notion.connections.find();
    const remote = elsewhere?.refresh();
    abort.abort();
    expect(await impatient).toEqual(gaveUp(true));
    const token = ((await patient) as { value: string }).value;
    expect([await remote, liveAccessToken(app), refreshes(app)]).toEqual([token, token, 1]);
  });

  test("refresh() of an endpoint that hangs: who gives up is told at once, and the connection is refreshed later", async () => {
    const app = await start({ notion: { timeout: 200 } });
    const door = await open(app);
    const hanging = app.emulator.fault("token", { hang: true });
    const abort = new AbortController();
    const call = door((calls) => calls.refresh({ signal: abort.signal }));
    await eventually(() => hanging.hits === 1, "Notion is asked");
    abort.abort();
    expect(await call).toEqual(gaveUp(true));
    hanging.clear();
    await eventually(async () => "value" in (await door((calls) => calls.refresh())), "it is refreshed");
    expect(await door((calls) => calls.accessToken())).toEqual({ value: liveAccessToken(app) });
    expect(app.emulator.activeTokens()).toHaveLength(2);
    expect(app.events.filter(({ name }) => name === "connection.ended")).toEqual([]);
  });

  test("withAccessToken(): who gives up while the token is refreshed is told at once, and `fn` is not run again", async () => {
    const app = await start();
    const door = await open(app);
    const hanging = app.emulator.fault("token", { delay: 500 });
    const abort = new AbortController();
    const fn = vi.fn(refused);
    const call = door((calls) => calls.withAccessToken(fn, { signal: abort.signal }));
    await eventually(() => hanging.hits === 1, "Notion is asked");
    abort.abort();
    expect(await call).toEqual(gaveUp(true));
    await eventually(() => refreshes(app) === 1 && app.emulator.activeTokens().length === 2, "the answer has come");
    expect(fn).toHaveBeenCalledTimes(1);
  });

  test("withAccessToken(): what `fn` does is its own, and is not cut off", async () => {
    const app = await start();
    const door = await open(app);
    const abort = new AbortController();
    const working = gate();
    const call = door((calls) =>
      calls.withAccessToken(() => working.wait().then(() => "done"), { signal: abort.signal }),
    );
    await working.reached;
    abort.abort();
    working.open();
    expect(await call).toEqual({ value: "done" });
  });

  test("introspect(): ends by signal and by timeout as the client's does", async () => {
    const app = await start();
    const door = await open(app);
    const hanging = app.emulator.fault("introspect", { hang: true });
    const abort = new AbortController();
    const call = door((calls) => calls.introspect({ signal: abort.signal }));
    await eventually(() => hanging.hits === 1, "Notion is asked");
    abort.abort();
    expect(await call).toEqual({ error: "notion_timeout", sent: true });
    expect(await door((calls) => calls.introspect({ timeout: 50 }))).toEqual({ error: "notion_timeout", sent: true });
    hanging.clear();
    const patient = await door((calls) => calls.introspect({ timeout: 60_000, signal: new AbortController().signal }));
    expect(patient).toMatchObject({ value: { active: true } });
  });

  test("with a signal that is aborted already, nothing is sent and nothing is run", async () => {
    const app = await start();
    const door = await open(app);
    const asked = app.emulator.count("*");
    const options = { signal: AbortSignal.abort() };
    const fn = vi.fn();
    expect(await door((calls) => calls.refresh(options))).toEqual(gaveUp(false));
    expect(await door((calls) => calls.withAccessToken(fn, options))).toEqual(gaveUp(false));
    expect(await door((calls) => calls.introspect(options))).toEqual({ error: "notion_timeout", sent: false });
    expect([fn.mock.calls, app.emulator.count("*")]).toEqual([[], asked]);
  });

  test("withAccessToken(): who gives up while `fn` runs gets what it brings, but no refresh of a token that it was refused", async () => {
    const app = await start();
    const door = await open(app);
    const abort = new AbortController();
    const call = door((calls) => calls.withAccessToken(() => (abort.abort(), refused()), { signal: abort.signal }));
    expect(await call).toEqual(gaveUp(false));
    expect(refreshes(app)).toBe(0);
  });

  test("a signal keeps no listener when the calls that shared it are over, and has one at the most before", async () => {
    const app = await start();
    const door = await open(app);
    const { signal } = new AbortController();
    const slow = app.emulator.fault("token", { delay: 300 });
    const call = door((calls) => Promise.all(Array.from({ length: 30 }, () => calls.refresh({ signal }))));
    await eventually(() => slow.hits === 1, "Notion is asked");
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    expect(new Set(((await call) as { value: string[] }).value)).toEqual(new Set([liveAccessToken(app)]));
    await door((calls) => calls.introspect({ signal }));
    await door((calls) => calls.withAccessToken(() => "done", { signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test.each([null, "aborted", {}, new AbortController()])("refuses %o as a signal, by name", async (wrong) => {
    const app = await start();
    const door = await open(app);
    const options = { signal: wrong as unknown as AbortSignal };
    expect(await door((calls) => calls.refresh(options))).toEqual({ error: "refresh.signal" });
    expect(await door((calls) => calls.introspect(options))).toEqual({ error: "introspect.signal" });
    expect(await door((calls) => calls.withAccessToken(() => 1, options))).toEqual({ error: "withAccessToken.signal" });
    expect(await door((calls) => calls.refresh({ timeout: 1 } as object))).toEqual({ error: "refresh.timeout" });
  });
});

test("who gives up while the vault is slow is told at once, and Notion is not asked", async () => {
  const vault = faultyVault(newVault());
  const app = await start({ notion: { vault } });
  await app.loggedIn();
  const [connection] = await app.notion.connections.find();
  const reading = gate();
  vault.before = async (method) => {
    if (method === "get") await reading.wait();
  };
  const abort = new AbortController();
  const call = connection?.refresh({ signal: abort.signal }).catch(failed);
  await reading.reached;
  abort.abort();
  expect(await call).toMatchObject({ error: "refresh_failed", because: "notion_timeout" });
  reading.open();
  await app.close();
  expect(refreshes(app)).toBe(0);
});
