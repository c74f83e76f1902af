import { expect, test } from "vitest";
import { denied, serve, sessions } from "./support/serve.js";

test("a page with a form names its origin to its own site, and needs no meta tag for it", async () => {
  const client = await serve((app, notion) => void app.use(sessions(), notion.middleware()));
  const { headers, body } = await client.get("/logout");
  expect(headers["referrer-policy"]).toBe("same-origin");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["content-security-policy"]).toContain("form-action 'self'");
  expect(headers).not.toHaveProperty("strict-transport-security");
  expect(body).not.toContain('name="referrer"');
});

test.each([
  ["a token", () => 'a"b', /<input type="hidden" name="_csrf" value="a&#34;b">/],
  ["none", () => undefined, /action="\/logout"><button/],
  [
    "a failure",
    () => {
      throw new Error("no secret");
    },
    /action="\/logout"><button/,
  ],
])("the form carries what the app's CSRF middleware brings: %s", async (_, csrfToken, expected) => {
  const client = await serve(
    (app, notion) =>
      void app.use(sessions(), (req, _res, next) => next(void Object.assign(req, { csrfToken })), notion.middleware()),
  );
  expect((await client.get("/logout")).body).toMatch(expected);
});

test("all other answers are in no referrer", async () => {
  const client = await serve((app, notion) => void app.use(sessions(), notion.middleware()));
  const post = { method: "POST" };
  for (const [path, options] of [
    [denied, {}],
    [denied, { accept: "application/json" }],
    ["/login", {}],
    ["/logout", post],
    ["/logout", { method: "POST", accept: "application/json" }],
    ["/disconnect", post],
    ["/disconnect", {}],
  ] as const) {
    const { headers } = await client.request(path, options);
    expect([path, headers["referrer-policy"], headers["cache-control"]]).toEqual([path, "no-referrer", "no-store"]);
  }
});
