/** (b) of docs/passport.md with the real passport-notion package: only our logout is added. */
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import session from "express-session";
import type OAuth2Strategy from "passport-oauth2";
import { afterEach, expect, test } from "vitest";
import { existingApp, type ExistingStrategyOptions } from "./support/set-ups.js";

/** Its types are sources that our compiler settings do not accept. */
const { Strategy: PassportNotion } = createRequire(import.meta.url)("passport-notion") as {
  Strategy: new (options: object, verify: (...args: never[]) => void) => OAuth2Strategy;
};

const { request } = https;

afterEach(() => {
  https.request = request;
});

/** The package knows https on port 443 only: its calls are led to the emulated Notion. */
function passportNotion({ notionUrl, callbackURL, users }: ExistingStrategyOptions): OAuth2Strategy {
  https.request = ((options: http.RequestOptions, done: (response: http.IncomingMessage) => void) => {
    const { hostname, port } = new URL(notionUrl);
    return http.request({ ...options, hostname, port }, done);
  }) as typeof https.request;
  return new PassportNotion(
    {
      clientID: "emulated-client",
      clientSecret: "emulated-secret",
      callbackURL,
      authorizationURL: `${notionUrl}/v1/oauth/authorize?owner=user`,
      tokenURL: `${notionUrl}/v1/oauth/token`,
    },
    (
      _req: unknown,
      accessToken: string,
      _refresh: undefined,
      _data: unknown,
      person: { id: string },
      done: (error: null, user: object) => void,
    ) => {
      const user = { id: person.id, name: "x", notionToken: accessToken };
      users.set(user.id, user);
      done(null, user);
    },
  );
}

test("passport-notion as it is, and a logout that revokes", async () => {
  const app = await existingApp(new session.MemoryStore(), passportNotion);
  const client = app.client();
  const login = await client.get("/auth/notion");
  const back = await client.get(await app.emulator.authorize(login.location));
  expect(back.location).toBe("/user");
  expect((await client.get("/user")).json()).toMatchObject({ user: expect.any(String) });
  const stolen = client.copy();
  const answer = await client.post("/logout", { accept: "application/json" });
  expect(answer.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 1 });
  expect(app.emulator.activeTokens().filter(({ kind }) => kind === "access")).toEqual([]);
  expect((await stolen.get("/user")).json()).toEqual({ user: null });
});
