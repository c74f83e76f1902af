import session from "express-session";
import { describe, expect, test } from "vitest";
import { startApp } from "../support/app.js";
import type { Client } from "../support/client.js";
import { startPassportApp } from "../passport/support/passport-app.js";

const options = { notion: { loginState: "session" }, session: { name: "__session" } } as const;

/** Drops what the CDN does not pass, and says whether there was anything. */
function cut(client: Client): boolean {
  const others = [...client.cookies.keys()].filter((name) => name !== "__session");
  for (const name of others) client.cookies.delete(name);
  return others.length > 0;
}

describe('loginState: "session"', () => {
  test("a login needs no cookie but the session's, and has a new session id after it", async () => {
    const app = await startApp(options);
    const client = app.client();
    const login = await client.get("/login?returnTo=/me");
    expect(cut(client)).toBe(false);
    const before = client.cookies.get("__session");
    const callback = await client.get(await app.emulator.authorize(login.location));
    expect([callback.status, callback.location]).toEqual([303, "/me"]);
    expect(client.cookies.get("__session")).not.toBe(before);
    expect((await client.get("/me")).status).toBe(200);
    const sessions = (app.store as unknown as { sessions: Record<string, string> }).sessions;
    expect(Object.values(sessions)).toHaveLength(1);
    expect(JSON.stringify(sessions)).not.toContain(new URL(login.location).searchParams.get("state"));
    await client.post("/logout");
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("several tabs: each can finish, and a sixth login pushes the oldest out", async () => {
    const app = await startApp(options);
    const client = app.client();
    const logins = [];
    for (let tab = 0; tab < 6; tab++) logins.push(await client.get(`/login?returnTo=/tab/${tab}`));
    const targets = [];
    for (const { location } of logins)
      targets.push((await client.get(await app.emulator.authorize(location))).location);
    expect(targets).toEqual(["", "/tab/1", "/tab/2", "/tab/3", "/tab/4", "/tab/5"]);
    expect(app.emulator.count("token")).toBe(5);
  });

  test("a callback that comes twice is exchanged once, and both answers carry the same session", async () => {
    const app = await startApp(options);
    const client = app.client();
    const callback = await app.emulator.authorize((await client.get("/login")).location);
    const twin = client.copy();
    const answers = await Promise.all([client.get(callback), twin.get(callback)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(twin.cookies.get("__session")).toBe(client.cookies.get("__session"));
    expect(app.emulator.count("token")).toBe(1);
  });

  test.each<[string, (client: Client, callback: URL) => Client | undefined]>([
    ["of another browser", () => undefined],
    [
      "altered",
      (client, url) => (url.searchParams.set("state", `${url.searchParams.get("state")?.slice(1)}A`), client),
    ],
    ["of a session that was logged out", (client) => client],
  ])("a state %s is refused with no token request", async (kind, change) => {
    const app = await startApp(options);
    const client = app.client();
    const callback = new URL(await app.emulator.authorize((await client.get("/login")).location));
    const old = client.copy();
    if (kind.includes("logged out")) await client.post("/logout");
    const browser = change(old, callback) ?? app.client();
    expect((await browser.get(callback.href)).status).toBe(400);
    expect(app.emulator.count("token")).toBe(0);
    expect((await app.logIn(browser)).status).toBe(303);
  });

  test("a session store that cannot save is a 503 before anybody is sent to Notion", async () => {
    const store = new session.MemoryStore();
    store.set = (_sid, _session, callback) => void setImmediate(() => callback?.(new Error("full")));
    const app = await startApp({ ...options, session: { store } });
    expect((await app.client().get("/login")).status).toBe(503);
  });

  test("a Passport strategy keeps its logins there, too", async () => {
    const app = await startPassportApp(options);
    const client = app.client();
    const callback = await app.callbackUrl(client);
    expect(cut(client)).toBe(false);
    expect((await client.get(callback)).status).toBe(200);
    expect((await client.get("/me")).status).toBe(200);
  });
});
