import { AsyncLocalStorage } from "node:async_hooks";
import { expect, onTestFinished, test, vi } from "vitest";
import type { LogoutTrace } from "../../src/index.js";
import { eventually, startApp } from "../support/app.js";
import { channels, ended, listenToAll } from "./support/listen-to-all.js";
import { subscribe } from "./support/subscribe.js";

test("all channels tell of a connection's life, and what begins ends", async () => {
  const messages = listenToAll();
  const app = await startApp({
    routes: (server) =>
      void server.get("/use", async (req, res) => {
        await req.notion.refresh();
        await req.notion.introspect();
        res.json({});
      }),
  });
  const client = await app.loggedIn();
  await client.get("/use");
  app.emulator.fault("revoke", { status: 503, times: 1 });
  const answer = await client.post("/logout", { accept: "application/json" });
  expect(answer.json()).toMatchObject({ revocation: "queued" });
  await eventually(() => ended(messages, "worker").some(({ revocation }) => revocation === "revoked"));
  await app.notion.close();

  const clientId = "emulated-client";
  const call = { clientId, method: "POST", baseUrl: app.emulator.url, status: 200, requestId: expect.any(String) };
  const { connection, botId, workspaceId } =
    app.events.find(({ name }) => name === "connection.created")?.payload ?? {};
  expect(ended(messages, "login")).toMatchObject([{ clientId, via: "callback", connection, botId, workspaceId }]);
  expect(ended(messages, "exchange")).toMatchObject([{ ...call, path: "/v1/oauth/token" }]);
  expect(ended(messages, "refresh")).toMatchObject([{ ...call, path: "/v1/oauth/token" }]);
  expect(ended(messages, "introspect")[0]).toMatchObject({ ...call, path: "/v1/oauth/introspect" });
  expect(ended(messages, "revoke")[0]).toMatchObject({ clientId, path: "/v1/oauth/revoke" });
  expect(ended(messages, "logout")).toMatchObject([{ clientId, revocation: "queued", tokens: 2 }]);
  const vault = ended(messages, "vault").map(({ operation }) => operation);
  expect(vault).toEqual(expect.arrayContaining(["insert", "get", "replace", "takeDue", "nextDueIn", "find"]));
  expect(ended(messages, "vault")[0]).toMatchObject({ clientId, engine: "memory" });
  expect(ended(messages, "worker")).toMatchObject([{ entry: connection, state: "ending" }]);

  const failed = messages.filter(({ kind, channel }) => kind === "error" && channel === "revoke");
  expect(failed).toMatchObject([{ facts: { status: 503, error: { code: "notion_unavailable" } } }]);
  for (const channel of channels) {
    const count = (kind: string) => messages.filter((one) => one.channel === channel && one.kind === kind).length;
    expect([channel, count("asyncEnd")]).toEqual([channel, count("start")]);
  }
});

test("no token, code, state or secret is in any of it", async () => {
  const messages = listenToAll();
  const secret = "a sealing secret of 32 bytes, or so";
  const app = await startApp({ notion: { secret } });
  const client = app.client();
  const login = await client.get("/login");
  const callback = new URL(await app.emulator.authorize(login.location));
  await client.get(callback.href);
  app.emulator.expireAccessToken(app.emulator.activeTokens()[0]?.value ?? "");
  await client.get("/me");
  // Tokens in an answer that cannot be used are carried by an error.
  const other = app.client();
  const begun = await other.get("/login");
  app.emulator.fault("token", { headers: { "content-encoding": "gzip" }, times: 1 });
  await other.get(await app.emulator.authorize(begun.location));
  await client.post("/logout");
  await eventually(() => app.emulator.activeTokens().length === 0);

  const hidden = [
    secret,
    "emulated-secret",
    Buffer.from("emulated-client:emulated-secret").toString("base64"),
    ...app.emulator.tokens.map(({ value }) => value),
    callback.searchParams.get("code") ?? "",
    callback.searchParams.get("state") ?? "",
    new URL(begun.location).searchParams.get("state") ?? "",
  ];
  expect(hidden.filter((text) => text.length < 8)).toEqual([]);
  expect(app.emulator.tokens.length).toBeGreaterThanOrEqual(4);
  expect(messages.length).toBeGreaterThan(50);
  expect(messages.filter(({ shown }) => hidden.some((text) => shown.includes(text)))).toEqual([]);
});

test("a subscriber has an operation run within what it likes, and so do two", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  for (const name of ["outer", "inner"]) {
    subscribe<LogoutTrace>("logout", {
      start(facts) {
        const { within = (run: () => unknown) => run() } = facts as LogoutTrace;
        (facts as LogoutTrace).within = (run) => within(() => storage.run(`${storage.getStore() ?? ""} ${name}`, run));
      },
    });
  }
  const app = await startApp({ notion: { onLogout: () => void seen.push(storage.getStore()) } });
  const client = await app.loggedIn();
  expect((await client.post("/logout")).status).toBe(303);
  expect(seen).toEqual([" outer inner"]);
});

test.each([
  ["keeps what it is given to itself", (run: () => unknown) => void run()],
  ["never runs it", () => undefined],
  [
    "throws",
    () => {
      throw new Error("a subscriber's fault");
    },
  ],
  [
    "runs it twice",
    (run: () => unknown) => {
      run();
      run();
    },
  ],
])("a subscriber whose `within` %s changes no outcome", async (_, within) => {
  for (const name of ["exchange", "revoke", "logout", "vault"] as const)
    subscribe(name, { start: (facts) => void Object.assign(facts as object, { within }) });
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const app = await startApp();
  const client = await app.loggedIn();
  app.emulator.down();
  const answer = (await client.post("/logout", { accept: "application/json" })).json();
  expect(answer).toEqual({ loggedOut: true, revocation: "queued", tokens: 2 });
  app.emulator.up();
  await eventually(() => app.emulator.activeTokens().length === 0, "the tokens are dead");
  expect(app.emulator.count("token")).toBe(1);
});

test("the worker does not go on with the async context of whoever woke it", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  subscribe("worker", { start: () => void seen.push(storage.getStore()) });
  const app = await startApp({
    notion: { logoutMode: "background" },
    before: (server) => void server.use((req, _res, next) => storage.run(req.path, next)),
  });
  const client = await app.loggedIn();
  app.emulator.fault("revoke", { status: 503, times: 3 });
  await client.post("/logout");
  await eventually(() => app.emulator.activeTokens().length === 0);
  await eventually(() => seen.length > 0);
  expect(seen.filter((context) => context !== undefined)).toEqual([]);
});
