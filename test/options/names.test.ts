import { expect, test } from "vitest";
import { create, errorOf } from "./support/error-of.js";

test.each([
  ["clientID", "clientId"],
  ["redirectURI", "redirectUri"],
  ["redirect_uri", "redirectUri"],
  ["logoutTimout", "logoutTimeout"],
  ["revokeOnLogOut", "revokeOnLogout"],
  ["sessionLifeTime", "sessionLifetime"],
  ["vaults", "vault"],
])("%s is answered with the right name, %s", (given, right) => {
  const error = errorOf({ [given]: "x" });
  expect(error.option).toBe(given);
  expect(error.message).toContain(`Did you mean \`${right}\`?`);
});

test.each([
  ["callbackURL", "redirectUri"],
  ["store", "vault"],
  ["queue", "vault"],
  ["database", "vault"],
  ["connections", "vault"],
  ["revocations", "vault"],
  ["log", "logger"],
])("so is %s, which other packages have for %s", (given, right) => {
  expect(errorOf({ [given]: {} }).message).toContain(`Did you mean \`${right}\`?`);
});

test("a name that is far from all gets no hint", () => {
  expect(errorOf({ zzzzzzzz: 1 }).message).not.toContain("Did you mean");
});

test("so are the names inside of options", () => {
  expect(errorOf({ routes: { logOut: "/x" } })).toMatchObject({ option: "routes.logOut" });
  expect(errorOf({ routes: { logOut: "/x" } }).message).toContain("`routes.logout`");
  expect(errorOf({ retry: { max: 1 } }).option).toBe("retry.max");
});

test("an odd name is shown harmless and short", () => {
  const { message } = errorOf({ [`evil\u001b[31m\u2028${"x".repeat(500)}`]: 1 });
  expect(message).toMatch(/^[\x20-\x7e]*$/);
  expect(message.length).toBeLessThan(200);
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
  for (const name of ["middleware", "callback", "disconnect", "requireConnection"] as const) {
    const handler = notion[name] as (options: object) => unknown;
    expect(() => handler({ login: false })).toThrow(`notion.${name}() takes no options`);
  }
});
