import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { startPassportApp } from "./support/passport-app.js";

/** It has no types of its own. */
const { AuthTokenRefresh } = createRequire(import.meta.url)("passport-oauth2-refresh") as {
  AuthTokenRefresh: new () => {
    use(strategy: object): void;
    requestNewAccessToken(
      name: string,
      refreshToken: string,
      done: (error: unknown, accessToken: string, refreshToken: string, params: object) => void,
    ): void;
  };
};

interface Pair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly params: Record<string, unknown>;
}

async function start() {
  let pair: { accessToken: string; refreshToken: string } | undefined;
  const app = await startPassportApp({
    remember: false,
    verify(accessToken, refreshToken, profile, done) {
      pair = { accessToken, refreshToken: refreshToken ?? "" };
      done(null, { id: profile.id, name: profile.displayName });
    },
  });
  const refresher = new AuthTokenRefresh();
  refresher.use(app.strategy);
  await app.logIn(app.client());
  const ask = (token = pair?.refreshToken ?? "") =>
    new Promise<Pair>((resolve, reject) =>
      refresher.requestNewAccessToken("notion", token, (error, accessToken, refreshToken, params) =>
        error ? reject(error) : resolve({ accessToken, refreshToken, params: params as Pair["params"] }),
      ),
    );
  return { app, ask, before: () => pair };
}

describe("passport-oauth2-refresh", () => {
  test("gets a new pair, as JSON with Basic credentials", async () => {
    const { app, ask, before } = await start();
    app.emulator.configure({ bodies: "json" });
    const pair = await ask();
    expect(pair.accessToken).not.toBe(before()?.accessToken);
    expect(pair.refreshToken).not.toBe(before()?.refreshToken);
    expect(app.emulator.isActive(pair.accessToken)).toBe(true);
    expect(pair.params).toMatchObject({ access_token: pair.accessToken, workspace_name: "Acme Studio" });
  });

  test("ten at once send one refresh token once", async () => {
    const { app, ask } = await start();
    const count = app.emulator.count("token");
    const pairs = await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(new Set(pairs.map(({ accessToken }) => accessToken)).size).toBe(1);
    expect(app.emulator.count("token")).toBe(count + 1);
  });

  test("keeps the refresh token when the answer has none", async () => {
    const { app, ask, before } = await start();
    const { access_token, refresh_token, ...rest } = app.emulator.issue();
    app.emulator.fault("token", { status: 200, body: { ...rest, access_token, refresh_token: null } });
    expect(await ask()).toMatchObject({ accessToken: access_token, refreshToken: before()?.refreshToken });
  });

  test("a refused refresh token is our coded error", async () => {
    const { ask } = await start();
    await expect(ask("nrt_unknown")).rejects.toMatchObject({ code: "invalid_grant", status: 400 });
  });
});
