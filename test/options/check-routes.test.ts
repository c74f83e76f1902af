import { describe, expect, test } from "vitest";
import type { OptionError } from "../../src/errors.js";
import { checkRoutes } from "../../src/options/check-routes.js";

const redirectUri = "https://app.example.com/auth/callback";
const defaults = { login: "/login", callback: "/auth/callback", logout: "/logout", disconnect: "/disconnect" };
const errorOf = (routes: object): OptionError => {
  try {
    checkRoutes(routes, redirectUri);
  } catch (error) {
    return error as OptionError;
  }
  throw new Error("nothing was thrown");
};

test("each route has a default, a path of its own, or none", () => {
  expect(checkRoutes({}, redirectUri)).toEqual(defaults);
  expect(checkRoutes({ login: "/in", logout: false }, redirectUri)).toEqual({
    ...defaults,
    login: "/in",
    logout: false,
  });
  expect(checkRoutes({}, undefined)).toEqual({ ...defaults, login: false, callback: false });
});

test.each([
  ["/größe", "/gr%C3%B6%C3%9Fe"],
  ["/ログイン", "/%E3%83%AD%E3%82%B0%E3%82%A4%E3%83%B3"],
  ["/%C3%BC", "/%C3%BC"],
  ["/a/../b", "/b"],
  ["/\ud800", "/%EF%BF%BD"],
])("a path is kept as a browser sends it: %s", (given, sent) => {
  expect(checkRoutes({ login: given }, redirectUri).login).toBe(sent);
});

test.each<[string, object]>([
  ["routes.login", { login: "login" }],
  ["routes.login", { login: "" }],
  ["routes.login", { login: "//evil" }],
  ["routes.login", { login: "/\\evil" }],
  ["routes.login", { login: "/a\\b" }],
  ["routes.login", { login: "/a/..//evil" }],
  ["routes.login", { login: "/a b" }],
  ["routes.login", { login: "/a?b" }],
  ["routes.login", { login: "/a#b" }],
  ["routes.login", { login: "https://app.example.com/login" }],
  ["routes.login", { login: 7 }],
  ["routes.logout", { logout: true }],
  ["routes.logout", { logout: null, login: "/logout" }],
  ["routes.logout", { logout: "/login" }],
  ["routes.logout", { logout: "/login/" }],
  ["routes.disconnect", { disconnect: "/auth/callback" }],
  ["routes.logOut", { logOut: "/x" }],
])("%s is refused in %j", (option, routes) => {
  expect(errorOf(routes).option).toBe(option);
});

describe("a callback at another path than the redirect URI's", () => {
  test.each(["/callback2", "/other", "/auth/callback/more", "/auth", "/auth/Callback", "/", "/allback", "/back"])(
    "%s is refused by name, with what to do",
    (callback) => {
      const { option, message } = errorOf({ callback });
      expect(option).toBe("routes.callback");
      expect(message).toContain("the path of `redirectUri`");
      expect(message).toContain("pass false");
    },
  );

  test("is fine where it is the same, false, or what a mount leaves of it", () => {
    for (const callback of ["/auth/callback", "/auth/callback/", "/callback", "/x/../callback", false] as const)
      expect(() => checkRoutes({ callback }, redirectUri)).not.toThrow();
    expect(checkRoutes({ callback: "/zurück" }, "https://app.example.com/zur%C3%BCck").callback).toBe("/zur%C3%BCck");
    expect(checkRoutes({}, "https://app.example.com").callback).toBe("/");
  });
});

test("login and callback need a redirect URI", () => {
  expect(() => checkRoutes({ login: "/login" }, undefined)).toThrow(/`redirectUri` is required/);
});
