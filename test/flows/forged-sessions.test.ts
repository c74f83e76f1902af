import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { startApp, type TestApp } from "../support/app.js";
import type { Client } from "../support/client.js";

// The id of a session is no secret: it is in logs, and in the app's own pages. Without its signature it has no effect.

const json = { accept: "application/json" } as const;

/** How the cookie of somebody looks who knows the id of a session and no signature. */
const forgeries: readonly [name: string, cookie: (sid: string) => string][] = [
  ["a forged signature", (sid) => `connect.sid=s:${sid}.forged`],
  ["a forged signature, encoded", (sid) => `connect.sid=${encodeURIComponent(`s:${sid}.forged`)}`],
  ["a forged signature, under another name", (sid) => `x=s%3A${encodeURIComponent(sid)}.forged`],
  [
    "a forged signature, as long as a real one",
    (sid) => `connect.sid=s%3A${encodeURIComponent(sid)}.${"A".repeat(43)}`,
  ],
  ["an empty signature", (sid) => `connect.sid=s%3A${encodeURIComponent(sid)}.`],
  ["no signature", (sid) => `connect.sid=s%3A${encodeURIComponent(sid)}`],
  ["the id alone", (sid) => `connect.sid=${encodeURIComponent(sid)}`],
  ["a cookie of JSON", (sid) => `connect.sid=${encodeURIComponent(`j:${JSON.stringify([`s:${sid}.x`])}`)}`],
  ["quotes", (sid) => `connect.sid="s:${sid}.forged"`],
  ["many forgeries", (sid) => [1, 2, 3, 4, 5, 6].map((n) => `c${n}=s%3A${encodeURIComponent(sid)}.${n}`).join("; ")],
];
const genids: readonly [name: string, genid: (() => string) | undefined][] = [
  ["express-session's own ids", undefined],
  ["ids with dots, slashes and escapes", () => `a.b/c+%2E ${randomBytes(18).toString("base64")}.`],
  ["ids of 200 characters", () => randomBytes(150).toString("base64url")],
];

const start = (genid: (() => string) | undefined) => startApp({ session: genid === undefined ? {} : { genid } });
const sidOf = async (client: Client) => (await client.get("/state")).json<{ sid: string }>().sid;

/** Everything that a session's cookie can be sent to. */
async function tryAll(app: TestApp, cookie: string): Promise<void> {
  const headers = { cookie };
  const out = await app.client().post("/logout", { ...json, headers });
  expect(out.json()).toEqual({ loggedOut: true, revocation: "none", tokens: 0 });
  expect((await app.client().post("/disconnect", { ...json, headers })).json()).toMatchObject({ revocation: "none" });
  expect((await app.client().get("/me", { ...json, headers })).status).toBe(401);
}

describe.each(genids)("with %s", (_, genid) => {
  test.each(forgeries)("%s: no effect on the session with this id, and no call to Notion", async (_name, forge) => {
    const app = await start(genid);
    const owner = await app.loggedIn();
    await tryAll(app, forge(await sidOf(owner)));
    expect((await owner.get("/me", json)).status).toBe(200);
    expect(app.emulator.count("revoke")).toBe(0);
  });

  test.each(forgeries)("%s: no effect on the session that took the place of this one", async (_name, forge) => {
    const app = await start(genid);
    const owner = await app.loggedIn();
    const sid = await sidOf(owner);
    await app.logIn(owner, { workspace: "Home" });
    await tryAll(app, forge(sid));
    expect((await owner.get("/me", json)).status).toBe(200);
    expect(app.emulator.count("revoke")).toBe(0);
  });

  test("the real cookie ends it, beside a forged one, too", async () => {
    const app = await start(genid);
    const owner = await app.loggedIn();
    const old = owner.copy();
    const sid = await sidOf(old);
    await app.logIn(owner, { workspace: "Home" });
    old.cookies.set("x", `s%3A${encodeURIComponent(sid)}.forged`);
    expect((await old.post("/logout", json)).json()).toMatchObject({ revocation: "revoked", tokens: 4 });
    expect((await owner.get("/me", json)).status).toBe(401);
    expect(app.emulator.activeTokens()).toEqual([]);
  });

  test("a login with a forged cookie takes nothing from the session with this id", async () => {
    const app = await start(genid);
    const owner = await app.loggedIn();
    const thief = app.client();
    const login = await thief.get("/login");
    const callback = await app.emulator.authorize(login.location, { user: "Grace Hopper" });
    const [[name, value] = []] = thief.cookies;
    const cookie = `${name}=${value}; connect.sid=s%3A${encodeURIComponent(await sidOf(owner))}.forged`;
    expect((await thief.get(callback, { headers: { cookie } })).status).toBe(303);
    expect((await thief.post("/logout", json)).json()).toMatchObject({ revocation: "revoked", tokens: 2 });
    expect((await owner.get("/me", json)).status).toBe(200);
  });
});
