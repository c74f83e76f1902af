import { describe, expect, test } from "vitest";
import { useCommandLine } from "../support/command-line.js";
import { examine, examineModule, examineOptions, sessionSecret } from "../support/doctor-command.js";

useCommandLine();

const redirectUri = "https://app.example.com/auth/notion/callback";
const right = { secure: true, sameSite: "lax", maxAge: 14 * 86_400_000 };
const options = { secret: sessionSecret, resave: false, saveUninitialized: false };

/** What is wrong with the session's options. */
async function wrongIn(session: object, notion: object = { redirectUri }): Promise<string[]> {
  const found = (await examineOptions({ notion, session: { ...options, store: {}, cookie: right, ...session } })).of(
    "session-cookie",
  );
  return found.filter((one) => !one.startsWith("ok"));
}

const cookie = (attributes: object, notion?: object) => wrongIn({ cookie: { ...right, ...attributes } }, notion);

describe("doctor: session", () => {
  test("options that are right", async () => {
    const found = await examineModule(`
      import expressSession from "express-session";
      class RightStore extends expressSession.Store {}
      export const notion = ${JSON.stringify({ redirectUri })};
      export const session = { ...${JSON.stringify({ ...options, cookie: right })}, store: new RightStore() };`);
    expect(found.of("session-cookie")).toEqual([
      "ok: The `secret` of the session is long enough.",
      "ok: The sessions are kept in RightStore.",
      expect.stringMatching(/^ok: The session cookie is for https .*`app\.set\("trust proxy", 1\)`\.$/),
      'ok: The session cookie is `sameSite: "lax"`.',
      "ok: A session lives for 14 d (`cookie.maxAge`). It counts in place of `sessionLifetime`.",
    ]);
  });

  test("options that nobody gave: how", async () => {
    expect((await examine([], { env: { NOTION_CLIENT_SECRET: "" } })).of("session-cookie")).toEqual([
      expect.stringMatching(/^skipped: .* from a module, and name that with --config\.$/),
    ]);
    expect((await examineOptions({ notion: { redirectUri } })).of("session-cookie")).toEqual([
      "skipped: The options of express-session are not known. Export them as `session` from the module.",
    ]);
  });

  test("the middleware in place of its options", async () => {
    const found = await examineModule(
      "export const notion = {}; export function session() {}\nnotion.name = 'notion';",
    );
    expect(found.of("session-cookie")).toEqual([
      expect.stringMatching(/^problem: `session` of the module is a middleware/),
    ]);
  });

  test.each([
    ["none", undefined, /^problem: express-session has no `secret`/],
    ["an empty list", [], /^problem: express-session has no `secret`/],
    ["a well-known one", "keyboard cat", /^problem: .* one of the well-known examples/],
    ["a well-known one beside a good one", [sessionSecret, "Your-Secret"], /^problem: .* well-known/],
    ["a short one", "hunter2hunter2", /^problem: .* less than 16 characters/],
    ["one that is no random one", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", /^warning: .* few different characters/],
  ])("a secret: %s", async (_, secret, expected) => {
    expect(await wrongIn({ secret })).toEqual([expect.stringMatching(expected)]);
  });

  test("a store that forgets, and writes that nobody needs", async () => {
    const found = await wrongIn({ store: undefined, resave: undefined, saveUninitialized: true });
    expect(found).toEqual([
      expect.stringMatching(/^warning: The sessions are in express-session's MemoryStore/),
      expect.stringMatching(/^warning: `resave` is not set, which means true/),
      expect.stringMatching(/^warning: `saveUninitialized` is not false/),
    ]);
  });
});

describe("doctor: session cookie", () => {
  const local = { redirectUri: "http://localhost:3000/callback" };

  test("over https it is `secure`", async () => {
    expect(await cookie({ secure: false })).toEqual([
      expect.stringMatching(/^problem: The app is on https, but its session cookie is sent over http/),
    ]);
    expect(await cookie({ secure: "auto" })).toEqual([]);
    expect(await cookie({ secure: false }, local)).toEqual([]);
    expect(await cookie({}, local)).toEqual([
      expect.stringMatching(/^problem: `cookie\.secure` is true and the redirect URI is http/),
    ]);
  });

  test.each([
    ["strict", /^problem: .* SameSite=Strict: browsers leave it out when Notion sends the user back/],
    [true, /^problem: .* SameSite=Strict/],
    ["none", /^warning: .* SameSite=None: it comes along/],
    [undefined, /^warning: .* has no `sameSite`/],
    ["Laxe", /^problem: `cookie\.sameSite` is none of the values/],
  ])("sameSite: %s", async (sameSite, expected) => {
    expect(await cookie({ sameSite })).toEqual([expect.stringMatching(expected)]);
  });

  test("SameSite=None needs `secure`", async () => {
    expect(await cookie({ sameSite: "none", secure: false }, local)).toEqual([
      expect.stringMatching(/^problem: The session cookie is SameSite=None and not `secure`/),
    ]);
  });

  test.each([
    [{ httpOnly: false }, /^problem: Scripts can read the session cookie/],
    [{ path: "/admin" }, /^problem: .* for the path `\/admin`/],
    [
      { domain: "example.org" },
      /^problem: .* for the domain `example\.org`, and the redirect URI is on app\.example\.com/,
    ],
    [{ maxAge: 86_400 }, /^warning: A session lives for 1 min 26 s only .* `maxAge` is in milliseconds/],
    [{ maxAge: -1 }, /^problem: `cookie\.maxAge` is not a positive number/],
  ])("%j", async (attributes, expected) => {
    expect(await cookie(attributes)).toEqual([expect.stringMatching(expected)]);
  });

  test.each([
    { path: "/auth" },
    { path: "/" },
    { domain: ".example.com" },
    { domain: "app.example.com" },
    { maxAge: undefined },
  ])("nothing is wrong with %j", async (attributes) => {
    expect(await cookie(attributes)).toEqual([]);
  });

  test("what cannot be read", async () => {
    expect(await wrongIn({ cookie: "none" })).toEqual([expect.stringMatching(/^problem: `cookie` is not an object/)]);
    const found = await examineModule(
      "export const notion = {}; export const session = { cookie: () => ({}) }; notion.name = 'a';",
    );
    expect(found.of("session-cookie")).toContainEqual(expect.stringMatching(/^skipped: `cookie` is a function/));
    const fixed = await examineModule(
      "export const notion = { name: 'a' }; export const session = { cookie: { expires: new Date() } };",
    );
    expect(fixed.of("session-cookie")).toContainEqual(
      expect.stringMatching(/^problem: `cookie\.expires` is a fixed date/),
    );
  });
});
