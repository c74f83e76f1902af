import type { ErrorRequestHandler } from "express";
import session from "express-session";
import { describe, expect, test } from "vitest";
import { memoryVault } from "../../src/index.js";
import { faultyVault } from "../support/vaults.js";
import { delay, eventually, startApp } from "../support/app.js";

const json = { accept: "application/json" } as const;

type How = "error" | "hang" | "throw" | "reject" | "twice";

/** A MemoryStore of which one method can be made to misbehave. */
function faultyStore() {
  const store = new session.MemoryStore();
  const faults = new Map<string, How>();
  for (const method of ["get", "set", "destroy", "touch"] as const) {
    const original = (store[method] as (...args: unknown[]) => unknown).bind(store);
    Object.assign(store, {
      [method]: (...args: unknown[]) => {
        const fault = faults.get(method);
        if (fault === undefined) return original(...args);
        const callback = args.at(-1) as (error?: unknown) => void;
        switch (fault) {
          case "error":
            return void setImmediate(() => callback(new Error("store down")));
          case "throw":
            throw new Error("store down");
          case "reject":
            return Promise.reject(new Error("store down"));
          case "twice":
            return original(...args.slice(0, -1), (...result: unknown[]) => {
              (callback as (...args: unknown[]) => void)(...result);
              (callback as (...args: unknown[]) => void)(new Error("again"));
            });
          case "hang":
            return undefined;
        }
      },
    });
  }
  return {
    store,
    breaks: (method: string, how: How) => void faults.set(method, how),
    heals: () => faults.clear(),
  };
}

/** express-session touches or saves the session before it lets the response end. */
describe("a store that hangs from the middle of a request on holds no answer:", () => {
  const tokens = {
    access_token: "made-elsewhere",
    refresh_token: null,
    bot_id: "bot",
    workspace_id: "workspace",
    owner: { type: "workspace", workspace: true },
  };

  test.each([
    ["the logout", "POST", "/logout"],
    ["remember()", "GET", "/remember"],
  ] as const)("%s", async (_, method, path) => {
    const { store, breaks } = faultyStore();
    const { client: visitor, loggedIn } = await startApp({
      session: { store },
      before(app) {
        app.use((req, _res, next) => {
          if (req.headers["x-store"] === "hangs")
            for (const each of ["get", "set", "destroy", "touch"]) breaks(each, "hang");
          next();
        });
      },
      routes: (app, notion) =>
        app.get(
          "/remember",
          notion.remember(() => tokens),
        ),
    });
    // Without a connection, it is remember() itself that asks the store first.
    const client = path === "/remember" ? visitor() : await loggedIn();
    const answer = await client.request(path, { method, ...json, headers: { "x-store": "hangs" } });
    expect([answer.status, answer.json()]).toEqual([503, { error: "store_timeout" }]);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });
});

describe("a logout whose session cannot be ended is no success, loses nothing, and can be finished later:", () => {
  test.each([
    ["the row cannot be destroyed", "destroy", "error"],
    ["destroying the row hangs", "destroy", "hang"],
    ["destroying the row throws", "destroy", "throw"],
    ["destroying the row rejects", "destroy", "reject"],
  ] as const)("%s", async (_, method, how) => {
    const { store, breaks, heals } = faultyStore();
    const { loggedIn, emulator } = await startApp({ session: { store } });
    const client = await loggedIn();
    const stolen = client.copy();
    breaks(method, how);
    const started = performance.now();
    const answer = await client.post("/logout", json);
    expect(performance.now() - started).toBeLessThan(8000);
    expect(answer.status).toBe(503);
    // With its cookie the browser can finish.
    expect(answer.headers["set-cookie"]).toBeUndefined();
    await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
    heals();
    expect((await client.post("/logout", json)).status).toBe(200);
    expect((await stolen.get("/me", json)).status).toBe(401);
    expect((await client.get("/me", json)).status).toBe(401);
  });

  test.each(["error", "hang", "throw", "reject"] as const)(
    "unset: 'destroy', with which express-session would destroy the row once more: %s",
    async (how) => {
      const { store, breaks, heals } = faultyStore();
      const { loggedIn, emulator } = await startApp({ session: { store, unset: "destroy" } });
      const client = await loggedIn();
      breaks("destroy", how);
      const started = performance.now();
      expect((await client.post("/logout", json)).status).toBe(503);
      expect(performance.now() - started).toBeLessThan(8000);
      expect(emulator.activeTokens()).toEqual([]);
      heals();
      expect((await client.post("/logout", json)).status).toBe(200);
    },
  );

  test("a store that calls back twice is answered once", async () => {
    const { store, breaks } = faultyStore();
    const { loggedIn, emulator } = await startApp({ session: { store } });
    const client = await loggedIn();
    for (const method of ["set", "destroy"]) breaks(method, "twice");
    expect((await client.get("/me", json)).status).toBe(200);
    expect((await client.post("/logout", json)).json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
  });
});

describe("a store that is disconnected (express-session then sets no session and no error)", () => {
  test("answers 503 for routes and guards, and goes on afterwards", async () => {
    const { store, loggedIn, emulator } = await startApp();
    const client = await loggedIn();
    store.emit("disconnect");
    expect((await client.get("/me", json)).json()).toEqual({ error: "session_unavailable" });
    expect((await client.post("/logout", json)).status).toBe(503);
    expect((await client.get("/login", json)).status).toBe(503);
    store.emit("connect");
    expect((await client.get("/me", json)).status).toBe(200);
    expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "revoked" });
    expect(emulator.activeTokens()).toEqual([]);
  });
});

test("a touch that fails harms nobody", async () => {
  const { store, breaks } = faultyStore();
  const { loggedIn } = await startApp({ session: { store, cookie: { maxAge: 4000 } } });
  const client = await loggedIn();
  breaks("touch", "error");
  await delay(1200);
  expect((await client.get("/me", json)).status).toBe(200);
});

test("a vault that fails leaves the session to the app's error handler", async () => {
  const vault = faultyVault(memoryVault());
  const { client } = await startApp({
    notion: { vault },
    before: (app) => void app.get("/put", (req, res) => void (Object.assign(req.session, { note: "mine" }), res.end())),
    routes: (app) => {
      const handler: ErrorRequestHandler = (error: { status: number }, req, res, _next) => {
        res.status(error.status).json({ note: (req.session as { note?: string } | undefined)?.note ?? null });
      };
      app.use(handler);
    },
  });
  const browser = client();
  await browser.get("/put");
  vault.failing = () => true;
  const answer = await browser.get("/me", json);
  expect([answer.status, answer.json()]).toEqual([503, { note: "mine" }]);
});
