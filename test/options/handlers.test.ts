import { expect, test } from "vitest";
import { createNotionOAuth } from "../../src/index.js";
import { NotionStrategy } from "../../src/passport/index.js";

const good = { clientId: "id", clientSecret: "the-secret-value", redirectUri: "https://app.example.com/auth/callback" };
const create = (changes: object) => createNotionOAuth({ ...good, ...changes } as never);

test("handlers that need a redirect URI say so when they are made", () => {
  const notion = create({ redirectUri: undefined });
  expect(() => notion.middleware()).not.toThrow();
  expect(() => notion.login()).toThrow(/redirectUri/);
  expect(() => notion.callback()).toThrow(/redirectUri/);
});

test("wrong arguments of handlers name themselves", () => {
  const notion = create({});
  expect(() => notion.logout({ token: () => undefined } as never)).toThrow(/`logout.token`.*`logout.tokens`/);
  expect(() => notion.logout({ tokens: "x" } as never)).toThrow(/tokens/);
  expect(() => notion.login({ returnto: "/" } as never)).toThrow(/`login.returnto`.*`login.returnTo`/);
  expect(() => notion.requireActiveToken({ maxAge: -1 })).toThrow(/maxAge/);
  expect(() => notion.login({ returnTo: "//evil.test" })).toThrow(/returnTo/);
  expect(() => notion.remember("x" as never)).toThrow(/remember/);
  // A function in place of the options would be a logout that revokes nothing.
  expect(() => notion.logout((() => "token") as never)).toThrow(/`logout`.*`{ tokens }`/);
  expect(() => notion.requireActiveToken(5 as never)).toThrow(/`requireActiveToken`.*`{ maxAge }`/);
  for (const state of [undefined, "", 5, {}])
    expect(() => notion.client.authorizationUrl({ state } as never)).toThrow(/`state`/);
  expect(() => new NotionStrategy(notion as never, () => {})).toThrow(/new NotionStrategy\({ notion }/);
  for (const name of ["middleware", "callback", "disconnect", "requireConnection"] as const) {
    const handler = notion[name] as (options: object) => unknown;
    expect(() => handler({ login: false })).toThrow(`notion.${name}() takes no options`);
  }
});
