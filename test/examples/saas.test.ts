import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Database from "libsql";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/app.js";
import { Client } from "../support/client.js";
import { runSaasExample, type SaasExample, startSaasExample } from "../support/saas-example.js";

const own = { "sec-fetch-site": "same-origin" };
const password = "correct horse";

/** A browser of its own, with the name of its user agent. */
async function enter(example: SaasExample, form: "sign-up" | "log-in", name: string): Promise<Client> {
  const browser = new Client(example.origin);
  const body = new URLSearchParams({ name, password }).toString();
  const answer = await browser.post(`/${form}`, { headers: own, body });
  expect([answer.status, answer.location, answer.body]).toEqual([303, "/", expect.any(String)]);
  return browser;
}

/** @returns the bot that was connected */
async function connect(example: SaasExample, browser: Client, workspace: string, way = "/notion/connect") {
  const consent = (await browser.get(way)).location;
  const { callbackUrl } = await example.control<{ callbackUrl: string }>("authorize", { url: consent, workspace });
  const answer = await browser.get(callbackUrl);
  expect([answer.status, answer.location]).toEqual([303, "/"]);
  return botOf(await shown(browser, workspace));
}

/** What the page shows of one workspace. */
async function shown(browser: Client, workspace: string): Promise<string> {
  const { body } = await browser.get("/");
  const cards = body.split('<section class="card read"').slice(1);
  return cards.find((card) => card.includes(`>${workspace}</h2>`))?.split("</section>")[0] ?? "";
}

const botOf = (card: string) => /aria-labelledby="workspace-([^"]+)"/.exec(card)?.[1] ?? "";
const lastRead = (card: string) => /last read <time datetime="([^"]+)"/.exec(card)?.[1];

function untilShown(browser: Client, workspace: string, text: string): Promise<void> {
  return eventually(async () => (await shown(browser, workspace)).includes(text), `${workspace}: ${text}`);
}

/** Waits for two rounds of the worker that have begun since. */
async function untilWorkerHasPassed(browser: Client, workspace: string): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const before = lastRead(await shown(browser, workspace));
    await eventually(async () => lastRead(await shown(browser, workspace)) !== before, "the worker goes on");
  }
}

test("the worker reads what users have connected, also while nobody is logged in", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  expect((await browser.get("/")).body).toContain("Connect your first workspace");
  await connect(example, browser, "Acme Studio");
  await connect(example, browser, "Home");
  await untilShown(browser, "Acme Studio", "Roadmap");
  await untilShown(browser, "Home", "last read");

  expect((await browser.post("/log-out", { headers: own })).location).toBe("/log-in?done=logged-out");
  expect((await browser.get("/")).location).toBe("/log-in");
  expect(await example.activeTokens()).toHaveLength(4);
  const before = await example.searches();
  await eventually(async () => (await example.searches()) > before + 2, "the worker goes on");
  const again = await enter(example, "log-in", "ada");
  expect(await shown(again, "Acme Studio")).toContain("Roadmap");
  expect(await example.stop()).toBe(0);
  expect(example.output()).not.toMatch(/\n\s+at /);
});

test("other devices are listed and logged out, and nothing is taken from the workspaces", async () => {
  const example = await startSaasExample();
  const laptop = await enter(example, "sign-up", "Ada");
  await connect(example, laptop, "Home");
  const phone = await enter(example, "log-in", "Ada");
  await shown(phone, "Home");
  const stranger = await enter(example, "sign-up", "Grace");

  const page = (await laptop.get("/security")).body;
  expect(page.match(/this device/g)).toHaveLength(1);
  expect(page.match(/<span class="grow">A browser/g)).toHaveLength(2);
  const others = await laptop.post("/security/log-out-others", { headers: own });
  expect(others.location).toBe("/security?done=others");
  expect((await phone.get("/")).location).toBe("/log-in");
  expect((await laptop.get("/security")).body.match(/<span class="grow">A browser/g)).toHaveLength(1);
  expect((await stranger.get("/")).status).toBe(200);

  const tablet = await enter(example, "log-in", "Ada");
  expect((await laptop.post("/security/log-out-everywhere", { headers: own })).location).toBe(
    "/log-in?done=logged-out",
  );
  for (const browser of [laptop, tablet]) expect((await browser.get("/")).location).toBe("/log-in");
  expect(await example.activeTokens()).toHaveLength(2);
});

test("devices are logged out also when nothing was ever connected", async () => {
  const example = await startSaasExample();
  const laptop = await enter(example, "sign-up", "Ada");
  const phone = await enter(example, "log-in", "Ada");
  await laptop.post("/security/log-out-others", { headers: own });
  expect((await phone.get("/")).location).toBe("/log-in");
  expect((await laptop.get("/")).status).toBe(200);
});

test("one workspace is disconnected: its tokens die, and what was found there is forgotten", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  const botId = await connect(example, browser, "Acme Studio");
  const other = await connect(example, browser, "Home");
  await untilShown(browser, "Acme Studio", "Roadmap");
  const body = new URLSearchParams({ botId, returnTo: "/security" }).toString();
  const answer = await browser.post("/notion/disconnect", { headers: own, body });
  expect([answer.status, answer.location]).toEqual([303, "/security"]);
  expect(await shown(browser, "Acme Studio")).toBe("");
  expect((await example.activeTokens()).map((token) => token.botId)).toEqual([other, other]);
  await untilWorkerHasPassed(browser, "Home");
  // Nothing of before is there when it is connected again.
  await example.control("faults", { endpoint: "search", status: 503 });
  await connect(example, browser, "Acme Studio");
  expect(await shown(browser, "Acme Studio")).toContain("The titles of its pages come here");
});

test("access that was taken away at Notion: said, left alone, and made good by connecting again", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  const botId = await connect(example, browser, "Acme Studio");
  await connect(example, browser, "Home");
  await untilShown(browser, "Acme Studio", "Roadmap");
  await example.control("disconnect", { botId });
  await untilShown(browser, "Acme Studio", "needs reconnecting");
  expect(await shown(browser, "Acme Studio")).toContain('<a class="button main" href="/notion/connect">Reconnect</a>');
  expect(await shown(browser, "Acme Studio")).toContain("Roadmap");

  const count = await example.searches(botId);
  await untilWorkerHasPassed(browser, "Home");
  expect(await example.searches(botId)).toBe(count);

  await connect(example, browser, "Acme Studio");
  await untilShown(browser, "Acme Studio", ">connected<");
  const before = lastRead(await shown(browser, "Acme Studio"));
  await eventually(async () => lastRead(await shown(browser, "Acme Studio")) !== before, "it is read again");
});

test("a workspace that may be read only while its user is there", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  const botId = await connect(example, browser, "Acme Studio");
  await connect(example, browser, "Home");
  await untilShown(browser, "Acme Studio", "Roadmap");
  const set = (allowed: string) =>
    browser.post("/workspaces/background", {
      headers: own,
      body: new URLSearchParams({ botId, allowed }).toString(),
    });
  await set("no");
  await untilWorkerHasPassed(browser, "Home");
  const count = await example.searches(botId);
  await untilWorkerHasPassed(browser, "Home");
  expect(await example.searches(botId)).toBe(count);
  expect(await shown(browser, "Acme Studio")).toContain("only while you are here");

  const before = lastRead(await shown(browser, "Acme Studio"));
  await browser.post("/workspaces/read", { headers: own, body: new URLSearchParams({ botId }).toString() });
  expect(await example.searches(botId)).toBe(count + 1);
  expect(lastRead(await shown(browser, "Acme Studio"))).not.toBe(before);

  // What was agreed to outlives that it was dead.
  await example.control("disconnect", { botId });
  await browser.post("/workspaces/read", { headers: own, body: new URLSearchParams({ botId }).toString() });
  const dead = await shown(browser, "Acme Studio");
  expect(dead).toContain("needs reconnecting");
  const way = /href="([^"]+)">Reconnect/.exec(dead)?.[1];
  await connect(example, browser, "Acme Studio", way);
  expect(await shown(browser, "Acme Studio")).toContain("only while you are here");
  await set("yes");
  await untilShown(browser, "Acme Studio", ">connected<");
});

test("one workspace that fails keeps none from being read, and the end of an outage is noticed", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  for (const workspace of ["Acme Studio", "Home"]) {
    await connect(example, browser, workspace);
    await untilShown(browser, workspace, "last read");
  }
  const failures = () => example.output().match(/^A workspace could not be read: .+$/gm) ?? [];
  await example.control("faults", { endpoint: "search", status: 503, times: 1 });
  await eventually(() => failures().length > 0, "one has failed");
  for (const workspace of ["Acme Studio", "Home"]) await untilWorkerHasPassed(browser, workspace);
  expect(failures()).toEqual(["A workspace could not be read: service_unavailable"]);

  await example.control("down", { status: 503 });
  await untilShown(browser, "Home", "Notion did not answer");
  await example.control("up");
  await eventually(async () => !(await shown(browser, "Home")).includes("did not answer"), "it is read again");
});

test("a worker that is killed is replaced by one that goes on", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  await connect(example, browser, "Home");
  await untilShown(browser, "Home", "last read");
  const killed = example.worker();
  process.kill(killed, "SIGKILL");
  await eventually(() => example.worker() !== killed, "another worker");
  await untilWorkerHasPassed(browser, "Home");
  const pids = [example.worker()];
  expect(await example.stop()).toBe(0);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("a deleted account: no live token, a receipt, and no way back", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  const phone = await enter(example, "log-in", "Ada");
  await connect(example, browser, "Acme Studio");
  await connect(example, browser, "Home");
  const grace = await enter(example, "sign-up", "Grace");
  const kept = await connect(example, grace, "Home");
  expect((await browser.get("/account/delete")).body).toContain("Delete your account?");
  expect(await example.activeTokens()).toHaveLength(6);

  const answer = await browser.post("/account/delete", { headers: own });
  expect([answer.status, answer.location]).toEqual([303, "/goodbye"]);
  expect((await example.activeTokens()).map(({ botId }) => botId)).toEqual([kept, kept]);
  const goodbye = (await browser.get("/goodbye")).body;
  expect(goodbye.match(/<span class="badge good">revoked<\/span>/g)).toHaveLength(2);
  expect(goodbye.match(/2 tokens/g)).toHaveLength(2);
  for (const client of [browser, phone]) expect((await client.get("/")).location).toBe("/log-in");
  expect((await phone.get("/notion/connect")).status).toBe(401);
  const body = new URLSearchParams({ name: "Ada", password }).toString();
  expect((await new Client(example.origin).post("/log-in", { headers: own, body })).status).toBe(401);

  // The name is free again, and leads to nothing of before.
  const next = await enter(example, "sign-up", "Ada");
  expect((await next.get("/")).body).toContain("Connect your first workspace");
  expect((await next.get("/goodbye")).location).toBe("/log-in");
});

test("a deletion while Notion is down is done, and its tokens die when Notion is back", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  await connect(example, browser, "Home");
  await example.control("down");
  await browser.post("/account/delete", { headers: own });
  expect((await browser.get("/goodbye")).body).toContain("waits for Notion");
  expect(await example.activeTokens()).toHaveLength(2);
  await example.control("up");
  await eventually(async () => (await example.activeTokens()).length === 0, "the tokens are dead");
  await eventually(async () => !(await browser.get("/goodbye")).body.includes("waits for Notion"), "it is confirmed");
});

test("a deletion that was cut off is finished by the worker", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  await connect(example, browser, "Home");
  // What is left behind by a process that was killed right after it had begun.
  const database = new Database(example.database);
  onTestFinished(() => void database.close());
  database.exec("PRAGMA busy_timeout = 5000; UPDATE accounts SET closed = 1");
  expect((await browser.get("/")).location).toBe("/log-in");
  await eventually(async () => (await example.activeTokens()).length === 0, "the tokens are dead");
  const left = database.prepare("SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM pages) AS rows");
  await eventually(() => (left.all() as { rows: number }[])[0]?.rows === 0, "the account is gone");
});

test("a taken port is named, and nothing is left running", async () => {
  const server = createServer().listen(0);
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { child, output } = runSaasExample({ PORT: String(port) });
  expect(await once(child, "close")).toEqual([1, null]);
  expect(output()).toContain(`Port ${port} cannot be used (EADDRINUSE). Choose another one:`);
});

test("forms of other sites are refused, names are taken once, and sessions change with the login", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Ada");
  for (const headers of [
    { "sec-fetch-site": "cross-site", origin: example.origin },
    { origin: "https://evil.test" },
    { origin: "null" },
    {},
  ]) {
    for (const path of ["/security/log-out-others", "/account/delete", "/log-in"])
      expect((await browser.post(path, { headers: headers as Record<string, string> })).status).toBe(403);
  }
  const { headers } = await browser.get("/");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers["content-security-policy"]).toBe(
    "default-src 'none';style-src 'self';script-src 'self';connect-src 'self';img-src 'self' https:;form-action 'self';base-uri 'none';frame-ancestors 'none'",
  );
  const post = (path: string, fields: Record<string, string>) =>
    browser.post(path, { headers: own, body: new URLSearchParams(fields).toString() });
  for (const path of ["/workspaces/read", "/workspaces/background", "/emulated-notion/remove"])
    expect((await browser.post(path, { headers: own })).location).toBe("/");
  expect((await post("/sign-up", { name: "ada", password })).status).toBe(409);
  expect((await post("/sign-up", { name: "Grace", password: "short" })).status).toBe(400);
  const wrong = await post("/log-in", { name: '"><b>', password: "wrong" });
  expect([wrong.status, wrong.body]).toEqual([401, expect.stringContaining('value="&#34;&#62;&#60;b&#62;"')]);
  const before = browser.cookies.get("connect.sid");
  await post("/log-in", { name: "Ada", password });
  expect(browser.cookies.get("connect.sid")).not.toBe(before);
});

test("both processes serve metrics, on ports of their own", async () => {
  const example = await startSaasExample();
  const browser = await enter(example, "sign-up", "Grace");
  await connect(example, browser, "Acme Studio");
  const addressOf = (name: string) =>
    new RegExp(`^Metrics of the ${name}: (\\S+)$`, "m").exec(example.output())?.[1] ?? "";
  await eventually(() => addressOf("worker") !== "", "the worker serves metrics");
  const read = async (name: string) => (await fetch(addressOf(name))).text();
  expect(await read("web process")).toMatch(/^express_notion_oauth_login_duration_count\{.*\} 1$/m);
  expect(await read("worker")).toMatch(/^express_notion_oauth_revocations_waiting\{.*\} 0$/m);
  expect((await example.activeTokens()).length).toBeGreaterThan(0);
  for (const { value } of await example.activeTokens()) expect(await read("web process")).not.toContain(value);
});
