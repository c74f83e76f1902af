import * as http from "node:http";
import * as https from "node:https";
import { expect, test } from "vitest";
import { createNotionOAuth } from "../../src/index.js";
import { resolveOptions } from "../../src/options/resolve-options.js";
import { create } from "./support/error-of.js";

const needed = { clientId: "id", clientSecret: "the-secret-value" };

test("what is left out, or undefined, gets its default", () => {
  const resolved = resolveOptions({ ...needed, redirectUri: "https://app.example.com/cb" });
  const names = ["timeout", "routes", "logoutMode", "revokeOnLogout", "name", "vault", "retry", "logger"];
  const undefinedOnes = Object.fromEntries(names.map((name) => [name, undefined]));
  expect(resolveOptions({ ...needed, redirectUri: "https://app.example.com/cb", ...undefinedOnes })).toEqual(resolved);
  expect(resolved).toMatchObject({
    baseUrl: "https://api.notion.com",
    timeout: 5000,
    routes: { login: "/login", callback: "/cb", logout: "/logout", disconnect: "/disconnect" },
    postLogoutRedirect: "/",
    logoutMode: "inline",
    logoutTimeout: 3000,
    revokeOnLogout: true,
    revokeOnExpiry: true,
    sessionLifetime: 14 * 86_400_000,
    name: "notion",
    trustedOrigins: [],
    retry: { minDelay: 1000, maxDelay: 900_000, maxAge: 259_200_000 },
    secrets: ["the-secret-value"],
  });
});

test("the caller's object is left alone, and what he changes later has no effect", () => {
  const trustedOrigins = ["https://x.example"];
  const routes = { login: "/in" };
  const secret = ["a secret of the app", "an older secret of the app"];
  const resolved = resolveOptions(
    Object.freeze({ ...needed, redirectUri: "https://app.example.com/cb", routes, secret, trustedOrigins }),
  );
  trustedOrigins.push("https://evil.example");
  secret.length = 0;
  routes.login = "/out";
  expect(resolved.trustedOrigins).toEqual(["https://x.example"]);
  expect(resolved.secrets).toHaveLength(2);
  expect(resolved.routes.login).toBe("/in");
  for (const part of [resolved, resolved.routes, resolved.retry, resolved.secrets, resolved.trustedOrigins])
    expect(Object.isFrozen(part)).toBe(true);
});

test.each([true, false, "last"] as const)("revokeOnLogout may be %j", (revokeOnLogout) => {
  expect(resolveOptions({ ...needed, revokeOnLogout }).revokeOnLogout).toBe(revokeOnLogout);
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

test.each(["localhost", "127.0.0.1", "[::1]", "app.localhost", "127.1.2.3"])(
  "http is allowed on loopback: %s",
  (host) => {
    const options = { ...needed, redirectUri: `http://${host}:3000/cb`, baseUrl: `http://${host}:4000/` };
    expect(() => createNotionOAuth(options)).not.toThrow();
  },
);

test("a logger lacks what it likes, and one that fails disturbs nobody", () => {
  const lines: string[] = [];
  const logger = {
    warn: (message: string) => void lines.push(message),
    error: () => {
      throw new Error("disk full");
    },
  };
  const resolved = resolveOptions({ ...needed, logger }).logger;
  resolved?.debug("nobody listens");
  resolved?.warn("said");
  expect(() => resolved?.error("lost")).not.toThrow();
  expect(lines).toEqual(["said"]);
});
