import { describe, expect, test } from "vitest";
import { issued, readJson, rest } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

describe("GET /v1/users/me", () => {
  test("is the bot of the token", async () => {
    const emulator = await startEmulator();
    const { access, botId } = issued(emulator, { workspace: "Home" });
    const { status, body } = await rest(emulator, "/v1/users/me", access);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      object: "user",
      id: botId,
      type: "bot",
      name: "Your app",
      avatar_url: null,
      bot: { owner: { type: "user" }, workspace_id: emulator.workspaces[1]?.id, workspace_name: "Home" },
    });
  });

  test.each([
    ["no token", () => undefined],
    ["an unknown token", () => "ntn_unknown"],
    ["a refresh token", ({ refresh }: { refresh: string }) => refresh],
  ])("%s: 401 in the REST shape", async (_, pick) => {
    const emulator = await startEmulator();
    expect(await rest(emulator, "/v1/users/me", pick(issued(emulator)))).toMatchObject({
      status: 401,
      body: { object: "error", status: 401, code: "unauthorized", message: "API token is invalid." },
    });
  });

  test.each([
    [{}, "missing_version"],
    [{ "notion-version": "latest" }, "validation_error"],
  ])("with the version headers %j: 400 %s", async (headers, code) => {
    const emulator = await startEmulator();
    const { access } = issued(emulator);
    const answer = await rest(emulator, "/v1/users/me", access, undefined, headers as Record<string, string>);
    expect(answer).toMatchObject({ status: 400, body: { code } });
  });

  test("rateLimit: beyond it 429 with the seconds to wait, for this token alone", async () => {
    const now = 1_000_000 * 60_000 + 20_000;
    const emulator = await startEmulator({ behaviour: { rateLimit: 3 }, now: () => now });
    const [one, two] = [issued(emulator), issued(emulator)];
    for (let n = 0; n < 3; n += 1) expect((await rest(emulator, "/v1/users/me", one.access)).status).toBe(200);
    const limited = await rest(emulator, "/v1/users/me", one.access);
    expect(limited).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    expect(limited.headers.get("retry-after")).toBe("40");
    expect((await rest(emulator, "/v1/users/me", two.access)).status).toBe(200);
  });
});

describe("POST /v1/search", () => {
  const titles = (body: Record<string, unknown>): unknown[] =>
    (body.results as { properties: { title: { title: { plain_text: string }[] } } }[]).map(
      ({ properties }) => properties.title.title[0]?.plain_text,
    );

  test("lists the pages of the token's workspace, last edited first", async () => {
    const emulator = await startEmulator();
    const acme = await rest(emulator, "/v1/search", issued(emulator).access, {});
    expect(titles(acme.body)).toEqual(["Roadmap", "Meeting notes", "Reading list", "Onboarding", "Travel plans"]);
    expect(acme.body).toMatchObject({ object: "list", has_more: false, next_cursor: null });
    const home = await rest(emulator, "/v1/search", issued(emulator, { workspace: "Home" }).access, {});
    const ids = (body: Record<string, unknown>) => (body.results as { id: string }[]).map(({ id }) => id);
    expect(ids(home.body)).not.toEqual(ids(acme.body));
  });

  test("finds by title, filters and sorts", async () => {
    const emulator = await startEmulator();
    const { access } = issued(emulator);
    const search = async (body: unknown) => titles((await rest(emulator, "/v1/search", access, body)).body);
    expect(await search({ query: "NOTES" })).toEqual(["Meeting notes"]);
    expect(await search({ filter: { property: "object", value: "data_source" } })).toEqual([]);
    const ascending = { timestamp: "last_edited_time", direction: "ascending" };
    expect((await search({ sort: ascending }))[0]).toBe("Travel plans");
  });

  test("pages through with start_cursor", async () => {
    const emulator = await startEmulator();
    const { access } = issued(emulator);
    const seen: unknown[] = [];
    let cursor: unknown;
    do {
      const { body } = await rest(emulator, "/v1/search", access, { page_size: 2, start_cursor: cursor });
      seen.push(...titles(body));
      cursor = body.next_cursor;
      expect(body.has_more).toBe(cursor !== null);
    } while (cursor !== null);
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  test.each([[{ page_size: 0 }], [{ page_size: 101 }], [{ page_size: "9" }], [{ start_cursor: "x" }], [{ query: 1 }]])(
    "refuses %j",
    async (body) => {
      const emulator = await startEmulator();
      const answer = await rest(emulator, "/v1/search", issued(emulator).access, body);
      expect(answer).toMatchObject({ status: 400, body: { code: "validation_error" } });
    },
  );
});

describe("other paths", () => {
  test.each([
    ["GET", "/v1/pages/x"],
    ["GET", "/v1/oauth/revoke"],
    ["DELETE", "/v1/users/me"],
    ["GET", "/"],
  ])("%s %s: 404 in the REST shape, journalled as other", async (method, path) => {
    const emulator = await startEmulator();
    const { status, body, headers } = await readJson(await fetch(emulator.url + path, { method }));
    expect(status).toBe(404);
    expect(body).toMatchObject({ object: "error", status: 404, code: "invalid_request_url" });
    expect(headers.get("x-notion-request-id")).toBe(body.request_id);
    expect(emulator.count("other")).toBe(1);
  });
});
