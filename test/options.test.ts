import * as http from "node:http";
import * as https from "node:https";
import session from "express-session";
import { describe, expect, test } from "vitest";
import {
  createNotionOAuth,
  inProcessLock,
  memoryQueue,
  OptionError,
  postgresLock,
  redisLock,
  sessionStoreConnections,
} from "../src/index.js";

const good = { clientId: "id", clientSecret: "the-secret-value", redirectUri: "https://app.example.com/auth/callback" };
const create = (changes: object) => createNotionOAuth({ ...good, ...changes } as never);
const errorOf = (changes: object): OptionError => {
  try {
    create(changes);
  } catch (error) {
    return error as OptionError;
  }
  throw new Error("nothing was thrown");
};

test("good options make an object and leave the caller's alone", () => {
  const options = Object.freeze({
    ...good,
    routes: Object.freeze({ login: "/in" }),
    trustedOrigins: Object.freeze(["https://x.example"]),
  });
  expect(() => createNotionOAuth(options)).not.toThrow();
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
    ["secret", { secret: ["a", ""] }],
    ["secret", { secret: 7 }],
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
    ["routes.login", { routes: { login: "login" } }],
    ["routes.login", { routes: { login: "//evil" } }],
    ["routes.logout", { routes: { logout: true } }],
    ["routes.logout", { routes: { logout: "/login" } }],
    ["routes.logOut", { routes: { logOut: "/x" } }],
    ["postLogoutRedirect", { postLogoutRedirect: "//evil.test" }],
    ["postLogoutRedirect", { postLogoutRedirect: "bye" }],
    ["trustedOrigins", { trustedOrigins: "https://x.example" }],
    ["trustedOrigins", { trustedOrigins: ["https://x.example/"] }],
    ["trustedOrigins", { trustedOrigins: ["x.example"] }],
    ["trustedOrigins", { trustedOrigins: ["*"] }],
    ["connections", { connections: {} }],
    ["connections", { connections: new session.MemoryStore() }],
    ["connections", { connections: sessionStoreConnections }],
    ["revocations", { revocations: memoryQueue }],
    ["revocations", { revocations: { add() {} } }],
    ["retry.minDelay", { retry: { minDelay: -1 } }],
    ["retry.maxDelay", { retry: { minDelay: 100, maxDelay: 10 } }],
    ["retry.max", { retry: { max: 1 } }],
    ["lock", { lock: {} }],
    ["lock", { lock: inProcessLock }],
    ["lock", { lock: redisLock }],
    ["lock", { lock: postgresLock }],
    ["agent", { agent: "x" }],
    ["agent", { agent: { dispatch() {} } }],
    ["agent", { agent: new http.Agent() }],
    ["agent", { agent: new https.Agent(), baseUrl: "http://127.0.0.1:1" }],
    ["revokeOnLogout", { revokeOnLogout: "yes" }],
    ["afterCallback", { afterCallback: "x" }],
    ["onLogout", { onLogout: {} }],
    ["logger", { logger: { debug: "x" } }],
    ["logger", { logger: "x" }],
    ["clientID", { clientID: "x" }],
    ["redirectURI", { redirectURI: "x" }],
  ])("%s (%j)", (option, changes) => {
    const error = errorOf(changes);
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe("ERR_NOTION_OAUTH_OPTION");
    expect(error.option).toBe(option);
    expect(error.message).toContain(option);
  });

  test("no value is ever in the message", () => {
    const secret = "s3cr3t-v4lue";
    for (const changes of [
      { clientSecret: `${secret}\n` },
      { secret: [`${secret}`, ""] },
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
    expect(errorOf({ store: {} }).message).toContain("`connections`");
    expect(errorOf({ queue: {} }).message).toContain("`revocations`");
    expect(errorOf({ log: console }).message).toContain("`logger`");
  });

  test("what makes an object, passed without its parentheses, is told apart from a wrong object", () => {
    expect(errorOf({ revocations: memoryQueue }).message).toContain("call it");
    expect(errorOf({ lock: redisLock }).message).toContain("what redisLock() returns");
    expect(errorOf({ connections: new session.MemoryStore() }).message).toContain("sessionStoreConnections(store)");
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

test("handlers that need a redirect URI say so when they are made", () => {
  const notion = create({ redirectUri: undefined });
  expect(() => notion.middleware()).not.toThrow();
  expect(() => notion.login()).toThrow(/redirectUri/);
  expect(() => notion.callback()).toThrow(/redirectUri/);
});

test("wrong arguments of handlers name themselves", () => {
  const notion = create({ revocations: memoryQueue() });
  expect(() => notion.logout({ token: () => undefined } as never)).toThrow(/`logout.token`.*`logout.tokens`/);
  expect(() => notion.logout({ tokens: "x" } as never)).toThrow(/tokens/);
  expect(() => notion.login({ returnto: "/" } as never)).toThrow(/`login.returnto`.*`login.returnTo`/);
  expect(() => sessionStoreConnections(undefined, { ttl: 1 } as never)).toThrow(/sessionStoreConnections.ttl/);
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
