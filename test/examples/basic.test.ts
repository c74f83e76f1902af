import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { runBasicExample, startBasicExample } from "../support/basic-example.js";
import { Client } from "../support/client.js";

async function failure(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { child, output } = runBasicExample(env);
  await once(child, "close");
  return { code: child.exitCode, output: output() };
}

test("a taken port is named", async () => {
  const server = createServer().listen(0);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await failure({ PORT: String(port) })).toEqual({
    code: 1,
    output: `Port ${port} is taken. Choose another one: PORT=3001 npm start\n`,
  });
});

test.each([
  [{ PORT: "80a" }, "PORT must be"],
  [{ PORT: "0", NOTION_CLIENT_ID: "id" }, "all three"],
  [
    { PORT: "0", NOTION_CLIENT_ID: "id", NOTION_CLIENT_SECRET: "secret", NOTION_REDIRECT_URI: "/callback" },
    "NOTION_REDIRECT_URI must be",
  ],
])("%o is refused with a sentence", async (env, sentence) => {
  const { code, output } = await failure(env as Record<string, string>);
  expect(code).toBe(1);
  expect(output).toContain(sentence);
  expect(output.trim().split("\n")).toHaveLength(1);
});

test("the example serves, protects its switch, and ends in good order", async () => {
  const example = await startBasicExample();
  const client = new Client(example.origin);

  const home = await client.get("/");
  expect(home.status).toBe(200);
  expect(home.headers["cache-control"]).toBe("no-store");
  expect(home.headers["content-security-policy"]).toBe(
    "default-src 'none';style-src 'self';img-src 'self' https:;form-action 'self';base-uri 'none';frame-ancestors 'none'",
  );
  expect(home.headers["set-cookie"]).toBeUndefined();

  // The redirect URI is on localhost: so is everything else.
  const { port, host } = new URL(example.origin);
  const other = await new Client(`http://127.0.0.1:${port}`).get("/?a=b");
  expect([other.status, other.location]).toEqual([302, `http://${host}/?a=b`]);

  for (const headers of [
    { "sec-fetch-site": "cross-site", origin: example.origin },
    { origin: "https://evil.test" },
    { origin: "null" },
    {},
  ]) {
    const answer = await client.post("/outage", { headers: headers as Record<string, string>, body: "notion=down" });
    expect(answer.status).toBe(403);
  }
  expect((await client.get("/")).body).toContain("Take Notion down");

  const pages = await client.get("/pages", { accept: "application/json" });
  expect([pages.status, pages.body]).toEqual([401, '{"error":"not_connected"}']);
  expect((await client.get("/pages")).location).toBe("/login?returnTo=%2Fpages");
  const nowhere = await client.get("/no%20where");
  expect([nowhere.status, nowhere.body]).toEqual([404, expect.stringContaining("There is nothing here")]);
  const unreadable = {
    "sec-fetch-site": "same-origin",
    "content-type": "application/x-www-form-urlencoded; charset=x",
  };
  expect((await client.post("/outage", { headers: unreadable, body: "notion=down" })).status).toBe(415);

  expect(await example.stop()).toBe(0);
});
