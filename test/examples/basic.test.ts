import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type BasicExample, runBasicExample, startBasicExample } from "../support/basic-example.js";
import { Client } from "../support/client.js";
import { eventually } from "../support/app.js";

async function control({ notion }: BasicExample, path: string, fields: object): Promise<Record<string, string>> {
  const answer = await fetch(`${notion}/__emulator/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  return (await answer.json()) as Record<string, string>;
}

async function logIn(example: BasicExample): Promise<Client> {
  const client = new Client(example.origin);
  const { location } = await client.get("/login?returnTo=/pages");
  const { callbackUrl = "" } = await control(example, "authorize", { url: location });
  expect((await client.get(callbackUrl)).location).toBe("/pages");
  return client;
}

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
    "default-src 'none';style-src 'self';script-src 'self';connect-src 'self';img-src 'self' https:;form-action 'self';base-uri 'none';frame-ancestors 'none'",
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
    for (const path of ["/outage", "/restart"]) {
      const answer = await client.post(path, { headers: headers as Record<string, string>, body: "notion=down" });
      expect(answer.status).toBe(403);
    }
  }
  expect(await example.isDown()).toBe(false);

  const pages = await client.get("/pages", { accept: "application/json" });
  expect([pages.status, pages.body]).toEqual([401, '{"error":"not_connected"}']);
  expect((await client.get("/pages")).location).toBe("/login?returnTo=%2Fpages");
  const nowhere = await client.get("/no%20where");
  expect([nowhere.status, nowhere.body]).toEqual([404, expect.stringContaining("There is nothing here")]);
  const refused = await client.get("/disconnect");
  expect([refused.status, refused.headers.allow]).toEqual([405, "POST"]);
  expect(refused.body).not.toContain("Connect to Notion");
  const unreadable = {
    "sec-fetch-site": "same-origin",
    "content-type": "application/x-www-form-urlencoded; charset=x",
  };
  expect((await client.post("/outage", { headers: unreadable, body: "notion=down" })).status).toBe(415);

  expect(await example.stop()).toBe(0);
});

test("a connection that was ended inside Notion is told apart from an outage", async () => {
  const example = await startBasicExample();
  const client = await logIn(example);
  const pages = (await client.get("/pages", { accept: "application/json" })).json<{ title: string }[]>();
  expect(pages.map(({ title }) => title)).toContain("Roadmap");

  await control(example, "down", {});
  const outage = await client.get("/");
  expect([outage.status, outage.body]).toEqual([200, expect.stringContaining("Notion does not answer")]);
  expect((await client.get("/pages", { accept: "application/json" })).status).toBe(503);
  await control(example, "up", {});
  expect((await client.get("/")).body).toContain("Roadmap");

  const { tokens } = (await (await fetch(`${example.notion}/__emulator/tokens`)).json()) as {
    tokens: { botId: string }[];
  };
  await control(example, "disconnect", { botId: tokens[0]?.botId ?? "" });
  const ended = (await client.get("/")).body;
  expect(ended).toContain("Notion has ended the connection");
  expect(ended).toMatch(/Connect to Notion\s*<\/a>/);
  expect((await client.get("/")).body).toContain("Your session in this app goes on");
});

test("the page shows labels, never a token", async () => {
  const example = await startBasicExample();
  const client = await logIn(example);
  const { tokens } = (await (await fetch(`${example.notion}/__emulator/tokens`)).json()) as {
    tokens: { value: string }[];
  };
  const page = (await client.get("/")).body;
  expect(tokens).toHaveLength(2);
  for (const { value } of tokens) expect(page).not.toContain(value.slice(4, 16));
});

test("with credentials in the environment it talks to the real Notion, and has no switch", async () => {
  const redirectUri = "https://app.example.com/auth/notion/callback";
  const { child, output } = runBasicExample({
    PORT: "0",
    NOTION_CLIENT_ID: "an-id",
    NOTION_CLIENT_SECRET: "a-secret",
    NOTION_REDIRECT_URI: redirectUri,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await eventually(() => output().includes("Notion is the real one."), output());
  expect(output()).toContain("Open https://app.example.com\n");
  child.kill("SIGTERM");
  await once(child, "close");
  expect(child.exitCode).toBe(0);
});
