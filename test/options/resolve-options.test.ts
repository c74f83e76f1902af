import * as http from "node:http";
import * as https from "node:https";
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/errors.js";
import { englishTexts } from "../../src/options/page-texts.js";
import { resolveOptions } from "../../src/options/resolve-options.js";

const good = { clientId: "id", clientSecret: "the-secret-value", redirectUri: "https://app.example.com/auth/callback" };
const create = (changes: object) => resolveOptions({ ...good, ...changes } as never);
const errorOf = (changes: object): OptionError => {
  try {
    create(changes);
  } catch (error) {
    return error as OptionError;
  }
  throw new Error("nothing was thrown");
};

test("what is resolved is complete and frozen, with the documented defaults", () => {
  const resolved = resolveOptions(good);
  expect(resolved).toEqual({
    ...good,
    secrets: ["the-secret-value"],
    name: "notion",
    vault: undefined,
    baseUrl: "https://api.notion.com",
    notionVersion: "2025-09-03",
    timeout: 5000,
    agent: undefined,
    routes: { login: "/login", callback: "/auth/callback", logout: "/logout", disconnect: "/disconnect" },
    basePath: undefined,
    postLogoutRedirect: undefined,
    logoutMode: "inline",
    logoutTimeout: 3000,
    revokeOnLogout: true,
    revokeOnExpiry: true,
    sessionLifetime: 1_209_600_000,
    trustedOrigins: [],
    loginState: "cookie",
    retry: { minDelay: 1000, maxDelay: 900_000, maxAge: 259_200_000 },
    afterCallback: undefined,
    onLogout: undefined,
    pages: { locale: "en", texts: englishTexts, render: undefined },
    logger: undefined,
  });
  const { routes, retry, secrets, trustedOrigins, pages } = resolved;
  for (const value of [resolved, routes, retry, secrets, trustedOrigins, pages, pages.texts])
    expect(Object.isFrozen(value)).toBe(true);
});

test("the caller's objects are neither written to nor held on to", () => {
  const routes = { login: "/in" };
  const trustedOrigins = ["https://x.example"];
  const secret = ["a secret of 22 letters"];
  const resolved = resolveOptions(Object.freeze({ ...good, routes, trustedOrigins, secret }));
  routes.login = "/other";
  trustedOrigins.push("https://evil.test");
  secret.push("another one");
  expect(resolved.routes.login).toBe("/in");
  expect(resolved.trustedOrigins).toEqual(["https://x.example"]);
  expect(resolved.secrets).toEqual(["a secret of 22 letters"]);
});

test("each option is taken as it is given", () => {
  const vault = { open: () => ({}) as never };
  const given = {
    vault,
    name: "notion2",
    revokeOnLogout: "last",
    revokeOnExpiry: false,
    sessionLifetime: 10 ** 12,
    logoutMode: "background",
  };
  expect(create(given)).toMatchObject(given);
  expect(create({ vault }).vault).toBe(vault);
  expect(create({ revokeOnLogout: false }).revokeOnLogout).toBe(false);
});

describe("wrong options throw at once and name the option", () => {
  test.each([
    ["clientId", { clientId: undefined }],
    ["clientId", { clientId: "" }],
    ["clientId", { clientId: "  " }],
    ["clientId", { clientId: 7 }],
    ["clientId", { clientId: "a:b" }],
    ["clientId", { clientId: "a\nb" }],
    ["clientSecret", { clientSecret: undefined }],
    ["clientSecret", { clientSecret: " " }],
    ["clientSecret", { clientSecret: "secret-with-newline\n" }],
    ["clientSecret", { clientSecret: { secret: 1 } }],
    ["secret", { clientSecret: () => "x" }],
    ["secret", { secret: "" }],
    ["secret", { secret: [] }],
    ["secret", { secret: ["a secret of 22 letters", ""] }],
    ["secret", { secret: 7 }],
    ["secret", { secret: "fifteen letters" }],
    ["secret", { secret: ["a secret of 22 letters", "short"] }],
    ["secret", { secret: " ".repeat(32) }],
    ["redirectUri", { redirectUri: "/auth/callback" }],
    ["redirectUri", { redirectUri: "http://app.example.com/cb" }],
    ["redirectUri", { redirectUri: "https://app.example.com/cb#x" }],
    ["redirectUri", { redirectUri: "https://app.example.com/cb#" }],
    ["redirectUri", { redirectUri: "https://user:pass@app.example.com/cb" }],
    ["redirectUri", { redirectUri: "ftp://app.example.com/cb" }],
    ["redirectUri", { redirectUri: undefined, routes: { login: "/login" } }],
    ["baseUrl", { baseUrl: "http://api.notion.com" }],
    ["baseUrl", { baseUrl: "api.notion.com" }],
    ["baseUrl", { baseUrl: "https://api.notion.com?x=1" }],
    ["baseUrl", { baseUrl: "https://api.notion.com/v1/" }],
    ["notionVersion", { notionVersion: "" }],
    ["notionVersion", { notionVersion: "2025\u201309\u201303" }],
    ["timeout", { timeout: 0 }],
    ["timeout", { timeout: -1 }],
    ["timeout", { timeout: Number.NaN }],
    ["timeout", { timeout: Number.POSITIVE_INFINITY }],
    ["timeout", { timeout: 2 ** 31 }],
    ["timeout", { timeout: "5000" }],
    ["logoutTimeout", { logoutTimeout: 0 }],
    ["logoutMode", { logoutMode: "async" }],
    ["routes", { routes: "x" }],
    ["basePath", { basePath: "app" }],
    ["basePath", { basePath: "//app" }],
    ["basePath", { basePath: false }],
    ["basePath", { basePath: "https://app.example.com/app" }],
    ["trustedOrigins", { trustedOrigins: "https://x.example" }],
    ["trustedOrigins", { trustedOrigins: ["https://x.example/"] }],
    ["trustedOrigins", { trustedOrigins: ["x.example"] }],
    ["trustedOrigins", { trustedOrigins: ["*"] }],
    ["sessionLifetime", { sessionLifetime: 0 }],
    ["sessionLifetime", { sessionLifetime: -1 }],
    ["sessionLifetime", { sessionLifetime: Number.NaN }],
    ["sessionLifetime", { sessionLifetime: Number.POSITIVE_INFINITY }],
    ["sessionLifetime", { sessionLifetime: "14d" }],
    ["loginState", { loginState: "store" }],
    ["retry", { retry: 3 }],
    ["retry.minDelay", { retry: { minDelay: -1 } }],
    ["retry.maxDelay", { retry: { minDelay: 100, maxDelay: 10 } }],
    ["retry.max", { retry: { max: 1 } }],
    ["agent", { agent: "x" }],
    ["agent", { agent: { dispatch() {} } }],
    ["agent", { agent: new http.Agent() }],
    ["agent", { agent: new https.Agent(), baseUrl: "http://127.0.0.1:1" }],
    ["revokeOnLogout", { revokeOnLogout: "yes" }],
    ["revokeOnLogout", { revokeOnLogout: "true" }],
    ["revokeOnLogout", { revokeOnLogout: 1 }],
    ["revokeOnExpiry", { revokeOnExpiry: "last" }],
    ["afterCallback", { afterCallback: "x" }],
    ["onLogout", { onLogout: {} }],
    ["logger", { logger: { debug: "x" } }],
    ["logger", { logger: "x" }],
    ["clientID", { clientID: "x" }],
    ["redirectURI", { redirectURI: "x" }],
    ["connections", { connections: {} }],
    ["revocations", { revocations: {} }],
    ["lock", { lock: () => {} }],
  ])("%s (%j)", (option, changes) => {
    const error = errorOf(changes);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe("ERR_NOTION_OAUTH_OPTION");
    expect(error.option).toBe(option);
    expect(error.message).toContain(option);
  });

  test.each<[object, string]>([
    [{ clientId: undefined }, "is required (is it unset in the environment?)"],
    [{ clientSecret: 42 }, "a string, or a function that brings one"],
    [{ secret: 42 }, "or a list of such"],
    [{ redirectUri: "app.example.com/callback" }, "such as `https://app.example.com/path`"],
    [{ baseUrl: 42 }, "must be a string"],
    [{ timeout: "5s" }, "a number of milliseconds"],
    [{ agent: true }, "new https.Agent("],
    [{ agent: null }, "new https.Agent("],
    [{ routes: "/x" }, '`{ login: "/notion/login" }`'],
    [{ routes: { login: true } }, "a path that begins with a slash, or false"],
    [{ postLogoutRedirect: "bye" }, "a path that begins with one slash, or an absolute http(s) URL"],
    [{ logoutMode: true }, '"inline" or "background"'],
    [{ revokeOnExpiry: "no" }, "true or false"],
    [{ trustedOrigins: "https://x.example" }, '`["https://app.example.com"]`'],
    [{ retry: 3 }, "`{ maxAge: 86_400_000 }`"],
    [{ logger: true }, "`console`"],
    [{ onLogout: {} }, "a function"],
    [{ vault: "/var/lib/app/notion.db" }, "`sqliteVault(path)`"],
  ])("the message says what would be right (%o)", (changes, right) => {
    expect(errorOf(changes).message).toContain(right);
  });

  test("no value is ever in the message", () => {
    const secret = "s3cr3t-v4lue";
    for (const changes of [
      { clientSecret: `${secret}\n` },
      { secret: [`${secret} of enough letters`, ""] },
      { secret },
      { vault: secret },
      { name: `${secret}.x` },
      { routes: { callback: `/${secret}` } },
      { postLogoutRedirect: `//${secret}` },
      { trustedOrigins: [`https://${secret}/`] },
      { redirectUri: `http://${secret}.example/` },
      { baseUrl: `http://u:${secret}@x/` },
    ]) {
      const error = errorOf(changes);
      expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain(secret);
    }
  });

  test("a near miss is answered with the right name", () => {
    expect(errorOf({ clientID: "x" }).message).toContain("`clientId`");
    expect(errorOf({ logoutTimout: 1 }).message).toContain("`logoutTimeout`");
    expect(errorOf({ zzzzzzzz: 1 }).message).not.toContain("Did you mean");
  });

  test("so is the name that other packages have for it", () => {
    expect(errorOf({ callbackURL: "x" }).message).toContain("`redirectUri`");
    for (const name of ["store", "queue", "database", "connections", "revocations", "Storage"])
      expect(errorOf({ [name]: {} }).message).toContain("`vault`");
    expect(errorOf({ log: console }).message).toContain("`logger`");
  });

  test("a name of many characters, odd ones too, is shown as far as it is plain", () => {
    const { message } = errorOf({ [`a\nb\u2028${"c".repeat(500)}`]: 1 });
    expect(message).toMatch(/^[\x20-\x7e]{1,200}$/);
  });
});

test("agents of the right protocol, and those that serve both, are taken", () => {
  class ProxyAgent extends http.Agent {
    get protocol(): string {
      return "http:";
    }
    set protocol(_: string) {}
  }
  expect(() => create({ agent: new https.Agent() })).not.toThrow();
  expect(() => create({ agent: new http.Agent(), baseUrl: "http://127.0.0.1:1" })).not.toThrow();
  expect(() => create({ agent: new ProxyAgent() })).not.toThrow();
});

test("http is allowed on loopback", () => {
  for (const host of ["localhost", "127.0.0.1", "[::1]", "app.localhost", "127.1.2.3"]) {
    expect(() => create({ redirectUri: `http://${host}:3000/cb`, baseUrl: `http://${host}:4000/` })).not.toThrow();
  }
});
