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
