import { APIResponseError, Client, isFullPage, isFullUser, UnknownHTTPResponseError } from "@notionhq/client";
import { describe, expect, test } from "vitest";
import type { NotionEmulator } from "../../src/emulator/index.js";
import { authorizedCode, redirectUri } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

const credentials = { client_id: "emulated-client", client_secret: "emulated-secret" };

function client(emulator: NotionEmulator, auth?: string): Client {
  return new Client({
    baseUrl: emulator.url,
    logger: () => undefined,
    retry: false,
    ...(auth === undefined ? {} : { auth }),
  });
}

describe("Notion's own SDK against the emulator", () => {
  test("goes through a whole connection: code, users/me, search, refresh, introspect, revoke", async () => {
    const emulator = await startEmulator();
    const { oauth } = client(emulator);
    const code = await authorizedCode(emulator);
    const first = await oauth.token({
      ...credentials,
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
    });
    expect(first.owner.type).toBe("user");

    const me = await client(emulator, first.access_token).users.me({});
    expect(isFullUser(me) && me.type === "bot" && me.id).toBe(first.bot_id);

    const { results, has_more } = await client(emulator, first.access_token).search({ query: "road", page_size: 10 });
    expect(results).toHaveLength(1);
    expect(has_more).toBe(false);
    const [page] = results;
    expect(page !== undefined && isFullPage(page as never)).toBe(true);

    const second = await oauth.token({
      ...credentials,
      grant_type: "refresh_token",
      refresh_token: first.refresh_token ?? "",
    });
    expect(second.access_token).not.toBe(first.access_token);
    expect(await oauth.introspect({ ...credentials, token: second.access_token })).toMatchObject({ active: true });
    expect(await oauth.revoke({ ...credentials, token: second.access_token })).toEqual({
      request_id: expect.any(String),
    });
    expect(await oauth.introspect({ ...credentials, token: second.access_token })).toMatchObject({ active: false });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("sees a dead token as an API error with the code unauthorized", async () => {
    const emulator = await startEmulator();
    const error = await client(emulator, "ntn_dead")
      .users.me({})
      .catch((thrown: unknown) => thrown);
    expect(APIResponseError.isAPIResponseError(error)).toBe(true);
    expect(error).toMatchObject({ code: "unauthorized", status: 401, message: "API token is invalid." });
  });

  test("sees OAuth errors as unknown errors with status and body", async () => {
    const emulator = await startEmulator();
    const error = await client(emulator)
      .oauth.token({ ...credentials, grant_type: "refresh_token", refresh_token: "nrt_x" })
      .catch((thrown: unknown) => thrown);
    expect(UnknownHTTPResponseError.isUnknownHTTPResponseError(error)).toBe(true);
    expect(error).toMatchObject({ status: 400, body: expect.stringContaining('"error":"invalid_grant"') });
  });

  test("sees OpenAPI-style errors as API errors", async () => {
    const emulator = await startEmulator({ behaviour: { errorBody: "openapi" } });
    const error = await client(emulator)
      .oauth.revoke({ client_id: "emulated-client", client_secret: "wrong", token: "x" })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unauthorized", status: 401 });
  });

  test("obeys the Retry-After of a rate limit", async () => {
    const emulator = await startEmulator();
    const { access_token } = emulator.issue();
    emulator.fault("users.me", { status: 429, retryAfter: 0, times: 1 });
    const patient = new Client({ baseUrl: emulator.url, auth: access_token, logger: () => undefined });
    expect((await patient.users.me({})).object).toBe("user");
    expect(emulator.requests.map(({ status }) => status)).toEqual([429, 200]);
  });
});
