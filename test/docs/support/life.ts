import type { Express, RequestHandler } from "express";
import { expect } from "vitest";
import type { Client } from "../../support/client.js";
import { logIn, type Login, type World } from "./world.js";

export const json = { accept: "application/json" } as const;

/** What the samples of the pages take for given as `notion`. */
export const notionSample = `const notion = createNotionOAuth({
  clientId: process.env.NOTION_CLIENT_ID,
  clientSecret: process.env.NOTION_CLIENT_SECRET,
  redirectUri: "http://localhost:3000/auth/notion/callback",
  baseUrl: process.env.NOTION_BASE_URL,
});`;

/** Whoever cancels at Notion gets a page that leads on, and the next login works. */
export async function denyAndLogIn(world: World, client: Client, login: Login = {}) {
  const denied = await logIn(world, client, { ...login, deny: true });
  expect([denied.status, denied.body]).toEqual([
    403,
    expect.stringContaining(`href="${login.start?.split("?")[0] ?? "/login"}`),
  ]);
  return logIn(world, client, login);
}

/** The logout of a page, after which no token is alive. */
export async function logOut({ emulator }: World, client: Client, path = "/logout", options = {}) {
  const answer = await client.post(path, { ...json, ...options });
  expect(answer.json()).toMatchObject({ loggedOut: true, revocation: "revoked" });
  expect(emulator.activeTokens()).toEqual([]);
}

/** An app that keeps its tokens with its user, `ada`. */
export function appWithTokens(world: World): Express {
  const { access_token: notionToken, refresh_token: notionRefreshToken } = world.emulator.issue();
  const users: Record<string, object> = { ada: { notionToken, notionRefreshToken } };
  const findUser: RequestHandler = (req, _res, next) => {
    Object.assign(req, { user: users[String(req.headers.authorization)] });
    next();
  };
  return world.app().use(findUser);
}
