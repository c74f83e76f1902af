import { describe, expect, test } from "vitest";
import {
  authorizedCode,
  authorizeUrl,
  basic,
  exchange,
  post,
  redirectUri,
  refresh,
} from "../support/notion-requests.js";
import { startEmulator } from "../support/start-emulator.js";

describe("POST /v1/oauth/token with a code", () => {
  test("issues both tokens of a pair at one moment, however fast the clock runs", async () => {
    let time = Date.now();
    const emulator = await startEmulator({ now: () => time++ });
    await exchange(emulator, await authorizedCode(emulator));
    const [access, refreshed] = emulator.activeTokens();
    expect(access?.issuedAt).toBe(refreshed?.issuedAt);
  });

  test("answers with a pair, the workspace and the person, and no expires_in", async () => {
    const emulator = await startEmulator();
    const { status, headers, body } = await exchange(emulator, await authorizedCode(emulator));
    expect(status).toBe(200);
    expect(headers.get("x-notion-request-id")).toBe(body.request_id);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^ntn_\w{40,}$/),
      token_type: "bearer",
      refresh_token: expect.stringMatching(/^nrt_\w{40,}$/),
      bot_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      workspace_id: emulator.workspaces[0]?.id,
      workspace_name: "Acme Studio",
      workspace_icon: "🏗️",
      owner: {
        type: "user",
        user: {
          object: "user",
          id: emulator.users[0]?.id,
          name: "Ada Lovelace",
          avatar_url: null,
          type: "person",
          person: { email: "ada@example.com" },
        },
      },
      duplicated_template_id: null,
      request_id: expect.any(String),
    });
  });

  test("refuses the second use of a code and keeps the tokens of the first", async () => {
    const emulator = await startEmulator();
    const code = await authorizedCode(emulator);
    const first = await exchange(emulator, code);
    const second = await exchange(emulator, code);
    expect(second.status).toBe(400);
    expect(second.body).toMatchObject({
      error: "invalid_grant",
      error_description: "Invalid code: this code has already been used.",
    });
    expect(emulator.isActive(first.body.access_token as string)).toBe(true);
  });

  test("refuses an expired code, by the injected clock", async () => {
    let now = 1_000_000;
    const emulator = await startEmulator({ now: () => now, behaviour: { codeLifetime: 60_000 } });
    const inTime = await authorizedCode(emulator);
    const late = await authorizedCode(emulator);
    now += 59_999;
    expect((await exchange(emulator, inTime)).status).toBe(200);
    now += 1;
    expect((await exchange(emulator, late)).body).toMatchObject({ error: "invalid_grant" });
  });

  test.each([
    ["another", "http://localhost:3000/other"],
    ["an empty", ""],
    ["a missing", undefined],
  ])("refuses %s redirect_uri, and the right one works afterwards", async (_, wrong) => {
    const emulator = await startEmulator();
    const code = await authorizedCode(emulator);
    const refused = await post(emulator, "token", { grant_type: "authorization_code", code, redirect_uri: wrong });
    expect(refused).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect((await exchange(emulator, code)).status).toBe(200);
  });

  test("takes no redirect_uri when the authorize request had none", async () => {
    const clients = [{ clientId: "emulated-client", clientSecret: "emulated-secret", redirectUris: [redirectUri] }];
    const emulator = await startEmulator({ clients });
    const callback = new URL(await emulator.authorize(authorizeUrl(emulator, { redirect_uri: undefined })));
    const code = callback.searchParams.get("code");
    expect((await post(emulator, "token", { grant_type: "authorization_code", code })).status).toBe(200);
  });

  test("refuses a code of another client", async () => {
    const emulator = await startEmulator({
      clients: [
        { clientId: "emulated-client", clientSecret: "emulated-secret" },
        { clientId: "other", clientSecret: "secret" },
      ],
    });
    const code = await authorizedCode(emulator);
    const body = { grant_type: "authorization_code", code, redirect_uri: redirectUri };
    const answer = await post(emulator, "token", body, { authorization: `Basic ${btoa("other:secret")}` });
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test.each([
    ["no code", { grant_type: "authorization_code", redirect_uri: redirectUri }, "invalid_request"],
    [
      "a code that is no string",
      { grant_type: "authorization_code", code: 7, redirect_uri: redirectUri },
      "invalid_request",
    ],
    ["an unknown code", { grant_type: "authorization_code", code: "x", redirect_uri: redirectUri }, "invalid_grant"],
    ["no grant type", { code: "x" }, "unsupported_grant_type"],
    ["an unknown grant type", { grant_type: "client_credentials" }, "unsupported_grant_type"],
    ["an array", [], "invalid_request"],
    ["broken JSON", "{", "invalid_request"],
    ["no body", "", "invalid_request"],
  ])("refuses %s", async (_, body, error) => {
    const emulator = await startEmulator();
    expect(await post(emulator, "token", body)).toMatchObject({ status: 400, body: { error } });
    expect(emulator.tokens).toEqual([]);
  });

  test("refuses a body beyond half a megabyte without reading it all", async () => {
    const emulator = await startEmulator();
    const answer = await post(emulator, "token", JSON.stringify({ code: "x".repeat(600_000) }));
    expect(answer).toMatchObject({ status: 413, body: { object: "error" } });
  });

  test("authorizing again yields a new pair for the same bot", async () => {
    const emulator = await startEmulator();
    const first = await exchange(emulator, await authorizedCode(emulator));
    const second = await exchange(emulator, await authorizedCode(emulator));
    expect(second.body.bot_id).toBe(first.body.bot_id);
    expect(second.body.access_token).not.toBe(first.body.access_token);
    expect(emulator.isActive(first.body.access_token as string)).toBe(true);
  });

  test("another workspace or person is another bot", async () => {
    const emulator = await startEmulator();
    const bots = new Set<unknown>();
    for (const decision of [{}, { workspace: "Home" }, { user: "grace@example.com" }]) {
      bots.add((await exchange(emulator, await authorizedCode(emulator, decision))).body.bot_id);
    }
    expect(bots.size).toBe(3);
  });

  test("same_token: authorizing again yields the living pair, and a new one once it is dead", async () => {
    const emulator = await startEmulator({ behaviour: { reauthorize: "same_token" } });
    const first = await exchange(emulator, await authorizedCode(emulator));
    const second = await exchange(emulator, await authorizedCode(emulator));
    expect(second.body).toMatchObject({
      access_token: first.body.access_token,
      refresh_token: first.body.refresh_token,
    });
    await post(emulator, "revoke", { token: first.body.access_token });
    const third = await exchange(emulator, await authorizedCode(emulator));
    expect(third.body.access_token).not.toBe(first.body.access_token);
    expect(third.body.bot_id).toBe(first.body.bot_id);
  });
});

describe("client authentication", () => {
  const body = { grant_type: "refresh_token", refresh_token: "x" };

  test.each([
    ["no credentials", { authorization: undefined }],
    ["a wrong secret", { authorization: `Basic ${btoa("emulated-client:wrong")}` }],
    ["an unknown client", { authorization: `Basic ${btoa("nobody:emulated-secret")}` }],
    ["a bearer token", { authorization: "Bearer emulated-secret" }],
    ["no colon", { authorization: `Basic ${btoa("emulated-client")}` }],
  ])("%s: 401 invalid_client without a description", async (_, headers) => {
    const emulator = await startEmulator();
    const answer = await post(emulator, "token", body, headers);
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ error: "invalid_client", request_id: expect.any(String) });
  });

  test("credentials in the body count for nothing", async () => {
    const emulator = await startEmulator();
    const inBody = { ...body, client_id: "emulated-client", client_secret: "emulated-secret" };
    expect((await post(emulator, "token", inBody, { authorization: undefined })).status).toBe(401);
  });

  test("credentials are taken raw: a secret with reserved characters is not percent-decoded", async () => {
    const clientSecret = "a%20b:c+d&é";
    const emulator = await startEmulator({ clients: [{ clientId: "app", clientSecret }] });
    const encode = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
    const raw = await post(emulator, "introspect", { token: "x" }, { authorization: encode(`app:${clientSecret}`) });
    expect(raw.status).toBe(200);
    const encoded = encode(`app:${encodeURIComponent(clientSecret)}`);
    expect((await post(emulator, "introspect", { token: "x" }, { authorization: encoded })).status).toBe(401);
  });

  test("a rotated secret replaces the old one at once", async () => {
    const emulator = await startEmulator();
    emulator.setClientSecret("emulated-client", "new");
    expect((await post(emulator, "introspect", { token: "x" })).status).toBe(401);
    const rotated = { authorization: `Basic ${btoa("emulated-client:new")}` };
    expect((await post(emulator, "introspect", { token: "x" }, rotated)).status).toBe(200);
    expect(() => emulator.setClientSecret("nobody", "x")).toThrow(TypeError);
  });
});

describe("POST /v1/oauth/token with a refresh token", () => {
  test("rotates both tokens", async () => {
    const emulator = await startEmulator();
    const first = (await exchange(emulator, await authorizedCode(emulator))).body as Record<string, string>;
    const { status, body } = await refresh(emulator, first.refresh_token);
    expect(status).toBe(200);
    expect(body.bot_id).toBe(first.bot_id);
    expect(emulator.tokens.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      "access rotated",
      "refresh rotated",
      "access active",
      "refresh active",
    ]);
    expect(new Set(emulator.tokens.map(({ family }) => family)).size).toBe(1);
  });

  test("25 refreshes at once with one token: one succeeds", async () => {
    const emulator = await startEmulator();
    const { refresh_token } = emulator.issue();
    const answers = await Promise.all(Array.from({ length: 25 }, () => refresh(emulator, refresh_token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.find(({ status }) => status !== 200)).toMatchObject({
      status: 400,
      body: { error: "invalid_grant", error_description: "Invalid refresh token" },
    });
  });

  test("refreshKillsAccessToken false: the old access token lives on", async () => {
    const emulator = await startEmulator({ behaviour: { refreshKillsAccessToken: false } });
    const first = emulator.issue();
    await refresh(emulator, first.refresh_token);
    expect(emulator.isActive(first.access_token)).toBe(true);
    expect(emulator.isActive(first.refresh_token ?? "")).toBe(false);
  });

  test.each([
    ["invalid_grant", true],
    ["kill_family", false],
  ] as const)("refreshReplay %s: after a replay the family is alive: %s", async (refreshReplay, alive) => {
    const emulator = await startEmulator({ behaviour: { refreshReplay } });
    const first = emulator.issue();
    const bystander = emulator.issue();
    const { body } = await refresh(emulator, first.refresh_token);
    expect((await refresh(emulator, first.refresh_token)).status).toBe(400);
    expect(emulator.isActive(body.access_token as string)).toBe(alive);
    expect(emulator.isActive(body.refresh_token as string)).toBe(alive);
    expect(emulator.isActive(bystander.access_token)).toBe(true);
  });

  test.each([
    ["null", { refresh_token: null }],
    ["absent", {}],
  ] as const)("refreshToken %s: the old refresh token stays good", async (refreshToken, expected) => {
    const emulator = await startEmulator();
    const first = emulator.issue();
    emulator.configure({ refreshToken });
    const { body } = await refresh(emulator, first.refresh_token);
    expect("refresh_token" in body ? { refresh_token: body.refresh_token } : {}).toEqual(expected);
    expect(emulator.isActive(first.access_token)).toBe(false);
    expect((await refresh(emulator, first.refresh_token)).status).toBe(200);
    expect(emulator.isActive(body.access_token as string)).toBe(false);
  });

  test("refreshToken null: a code yields no refresh token at all", async () => {
    const emulator = await startEmulator({ behaviour: { refreshToken: "null" } });
    const { body } = await exchange(emulator, await authorizedCode(emulator));
    expect(body.refresh_token).toBeNull();
    expect(emulator.tokens.map(({ kind }) => kind)).toEqual(["access"]);
  });

  test.each([["an access token", "access_token"] as const])("refuses %s", async (_, field) => {
    const emulator = await startEmulator();
    expect(await refresh(emulator, emulator.issue()[field])).toMatchObject({ body: { error: "invalid_grant" } });
  });

  test("refuses a refresh token of another client, without ending it", async () => {
    const emulator = await startEmulator({
      clients: [
        { clientId: "emulated-client", clientSecret: "emulated-secret" },
        { clientId: "other", clientSecret: "secret" },
      ],
      behaviour: { refreshReplay: "kill_family" },
    });
    const { refresh_token } = emulator.issue({ clientId: "other" });
    expect((await refresh(emulator, refresh_token)).status).toBe(400);
    expect(emulator.isActive(refresh_token ?? "")).toBe(true);
  });
});

describe("switches of every OAuth endpoint", () => {
  test("errorBody openapi: errors have Notion's REST shape", async () => {
    const emulator = await startEmulator({ behaviour: { errorBody: "openapi" } });
    const unauthorized = await post(emulator, "token", {}, { authorization: undefined });
    expect(unauthorized.body).toMatchObject({ object: "error", status: 401, code: "unauthorized" });
    expect((await refresh(emulator, "x")).body).toEqual({
      object: "error",
      status: 400,
      code: "validation_error",
      message: "Invalid refresh token",
      request_id: expect.any(String),
    });
  });

  test("bodies json_and_form: forms are read as well; json: they are refused", async () => {
    const emulator = await startEmulator();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const send = () => post(emulator, "introspect", `token=${emulator.issue().access_token}`, form);
    expect(await send()).toMatchObject({ status: 200, body: { active: true } });
    emulator.configure({ bodies: "json" });
    expect(await send()).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    expect(await post(emulator, "introspect", { token: "x" })).toMatchObject({ status: 200 });
  });

  test("another content type is refused", async () => {
    const emulator = await startEmulator();
    expect((await post(emulator, "revoke", { token: "x" }, { "content-type": "text/plain" })).status).toBe(400);
  });

  test("oauthVersionHeader required: Notion-Version has to be there", async () => {
    const emulator = await startEmulator({ behaviour: { oauthVersionHeader: "required" } });
    const without = await post(emulator, "revoke", { token: "x" });
    expect(without).toMatchObject({ status: 400, body: { code: "missing_version" } });
    expect((await post(emulator, "revoke", { token: "x" }, { "notion-version": "2026-03-11" })).status).toBe(200);
  });

  test.each([
    ["user", { type: "user", user: expect.objectContaining({ person: { email: "ada@example.com" } }) }],
    ["partial_user", { type: "user", user: { object: "user", id: "d40e767c-d7af-4b18-a86d-55c61f1e39a4" } }],
    ["workspace", { type: "workspace", workspace: true }],
    ["untyped", { workspace: true }],
  ] as const)("owner %s", async (owner, expected) => {
    const emulator = await startEmulator({ behaviour: { owner } });
    const { body } = await exchange(emulator, await authorizedCode(emulator));
    expect(body.owner).toEqual(expected);
  });
});

test("the credentials these tests send are the documented defaults", () => {
  expect(basic).toBe("Basic ZW11bGF0ZWQtY2xpZW50OmVtdWxhdGVkLXNlY3JldA==");
});
