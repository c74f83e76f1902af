import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../src/options/resolve-options.js";
import { create, errorOf } from "./support/error-of.js";

const credentials = { clientId: "id", clientSecret: "the-secret-value" };
const routesOf = (routes: object, redirectUri = "https://app.example.com/auth/callback") =>
  resolveOptions({ ...credentials, redirectUri, routes }).routes;

const noRoute = [
  null,
  true,
  7,
  "",
  "login",
  "//evil",
  "/\\evil",
  "/.//evil",
  "/a b",
  "/a\tb",
  "/a?b",
  "/a#b",
  "https://x.example/",
  ["/a"],
  {},
];

describe.each(["login", "callback", "logout", "disconnect"])("routes.%s", (route) => {
  test.each(noRoute)("is refused when it is %j", (value) => {
    expect(errorOf({ routes: { [route]: value } }).option).toBe(`routes.${route}`);
  });
});

test.each([null, [], "x", 5, () => ({})])("routes that are %j are refused", (routes) => {
  expect(errorOf({ routes }).option).toBe("routes");
});

test("two routes need two paths, and a slash at the end makes no other one", () => {
  expect(errorOf({ routes: { logout: "/login" } }).option).toBe("routes.logout");
  expect(errorOf({ routes: { login: "/x", disconnect: "/x/" } }).option).toBe("routes.disconnect");
  expect(errorOf({ routes: { login: "/auth/callback" } }).option).toBe("routes.callback");
});

describe("routes.callback", () => {
  test.each(["/other", "/", "/callback", "/auth/callback/x", "/AUTH/callback", "/auth/callback//"])(
    "%s is not the redirect URI's path: refused, with what to do",
    (callback) => {
      const error = errorOf({ routes: { callback } });
      expect(error.option).toBe("routes.callback");
      expect(error.message).toMatch(/path of `redirectUri`.*leave it out.*false.*`notion\.callback\(\)`/);
    },
  );

  test("the redirect URI's path, with or without a slash at the end, false and nothing are taken", () => {
    expect(routesOf({ callback: "/auth/callback" }).callback).toBe("/auth/callback");
    expect(routesOf({ callback: "/auth/callback/" }).callback).toBe("/auth/callback/");
    expect(routesOf({ callback: "/cb" }, "https://app.example.com/cb/").callback).toBe("/cb");
    expect(routesOf({ callback: false }).callback).toBe(false);
    expect(routesOf({}).callback).toBe("/auth/callback");
    expect(routesOf({ callback: "/rück" }, "https://app.example.com/r%C3%BCck").callback).toBe("/r%C3%BCck");
  });
});

test("paths that are not ASCII are encoded as browsers send them", () => {
  expect(routesOf({ login: "/anmelden/für-alle", logout: "/ログアウト" })).toMatchObject({
    login: "/anmelden/f%C3%BCr-alle",
    logout: "/%E3%83%AD%E3%82%B0%E3%82%A2%E3%82%A6%E3%83%88",
  });
  expect(routesOf({}, "https://app.example.com/rück").callback).toBe("/r%C3%BCck");
  expect(routesOf({ login: "/a/../b" }).login).toBe("/b");
});

test.each([
  ["/bye", "/bye"],
  ["/tschüß?von=süd#ende", "/tsch%C3%BC%C3%9F?von=s%C3%BCd#ende"],
  ["https://www.example.com/bye?x#part", "https://www.example.com/bye?x#part"],
  ["https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"],
])("the target %s is sent as %s", (postLogoutRedirect, target) => {
  expect(resolveOptions({ ...credentials, postLogoutRedirect }).postLogoutRedirect).toBe(target);
});

test("without a redirect URI there is no login, and asking for one says what is missing", () => {
  expect(resolveOptions(credentials).routes).toMatchObject({ login: false, callback: false, logout: "/logout" });
  expect(errorOf({ redirectUri: undefined, routes: { login: "/login" } }).option).toBe("redirectUri");
  expect(errorOf({ redirectUri: undefined, routes: { callback: "/callback" } }).option).toBe("redirectUri");
  const notion = create({ redirectUri: undefined });
  expect(() => notion.middleware()).not.toThrow();
  expect(() => notion.login()).toThrow(/redirectUri/);
  expect(() => notion.callback()).toThrow(/redirectUri/);
});
