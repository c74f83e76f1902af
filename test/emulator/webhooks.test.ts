import { verifyWebhookSignature } from "@notionhq/client";
import express from "express";
import { expect, onTestFinished, test } from "vitest";
import type { WebhookDelivery } from "../../src/emulator/index.js";
import { listen } from "../support/app.js";
import { gate } from "../support/gate.js";
import { startEmulator } from "./support/start-emulator.js";

interface Heard {
  readonly signature: string | undefined;
  readonly body: string;
}

/** An address that keeps what comes, and answers with these statuses: the last one for ever. */
async function receiver(...statuses: (number | (() => Promise<number>))[]) {
  const heard: Heard[] = [];
  const app = express();
  app.use(express.text({ type: "*/*" }));
  app.post("/hook", async (req, res) => {
    heard.push({ signature: req.get("x-notion-signature"), body: req.body });
    const next = statuses.length > 1 ? statuses.shift() : statuses[0];
    res.status(typeof next === "function" ? await next() : (next ?? 200)).end();
  });
  const { server, origin } = await listen(app);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `${origin}/hook`, heard };
}

const summary = ({ attempt, status }: WebhookDelivery) => [attempt, status];

test("a subscription begins with a handshake, signed with the token that it brings", async () => {
  const emulator = await startEmulator();
  const { url, heard } = await receiver(200);
  const { verificationToken, id, clientId } = await emulator.webhooks.subscribe(url);
  expect(JSON.parse(heard[0]!.body)).toEqual({ verification_token: verificationToken });
  expect(await verifyWebhookSignature({ ...heard[0]!, signature: heard[0]!.signature, verificationToken })).toBe(true);
  expect(clientId).toBe("emulated-client");
  expect(emulator.webhooks.deliveries).toMatchObject([{ sequence: 1, subscription: id, url, status: 200 }]);
  expect(emulator.webhooks.deliveries[0]).not.toHaveProperty("event");
});

test("an event has Notion's fields and signature, and tells who may see it", async () => {
  const emulator = await startEmulator({ now: () => Date.UTC(2026, 10, 1) });
  const { url, heard } = await receiver(200);
  const { id, verificationToken } = await emulator.webhooks.subscribe(url, { verificationToken: "secret_mine" });
  expect(verificationToken).toBe("secret_mine");
  const ada = emulator.issue({ workspace: "Home" });
  emulator.issue({ workspace: "Home" });
  emulator.issue({ workspace: "Acme Studio" });
  emulator.endUserDisconnect(emulator.issue({ workspace: "Home", user: "Grace Hopper" }).bot_id);
  const [delivery] = await emulator.webhooks.send({ type: "page.content_updated", workspace: "Home" });
  const { signature, body } = heard[1]!;
  expect(await verifyWebhookSignature({ body, signature, verificationToken })).toBe(true);
  expect(JSON.parse(body)).toEqual({
    id: delivery!.event,
    timestamp: "2026-11-01T00:00:00.000Z",
    workspace_id: ada.workspace_id,
    workspace_name: "Home",
    subscription_id: id,
    integration_id: "emulated-client",
    type: "page.content_updated",
    authors: [{ id: emulator.users[0]!.id, type: "person" }],
    accessible_by: [
      { id: emulator.users[0]!.id, type: "person" },
      { id: ada.bot_id, type: "bot" },
    ],
    entity: { id: expect.stringMatching(/^[\da-f-]{36}$/), type: "page" },
    data: { parent: { id: ada.workspace_id, type: "space" } },
    api_version: "2025-09-03",
    attempt_number: 1,
  });
});

test("what an event says may be given, and who may see it left out", async () => {
  const emulator = await startEmulator();
  const { url, heard } = await receiver(200);
  await emulator.webhooks.subscribe(url);
  const entity = { id: "c", type: "comment" };
  await emulator.webhooks.send({ type: "comment.created", id: "mine", entity, data: { a: 1 }, accessibleBy: null });
  const event = JSON.parse(heard[1]!.body);
  expect(event).toMatchObject({ id: "mine", entity, data: { a: 1 } });
  expect(event).not.toHaveProperty("accessible_by");
});

test("an event is sent until an answer is a 2xx, with the number of the attempt", async () => {
  const emulator = await startEmulator();
  const { url, heard } = await receiver(200, 500, 302, 401, 204);
  await emulator.webhooks.subscribe(url);
  const deliveries = await emulator.webhooks.send({ type: "page.created" }, { pause: 1 });
  expect(deliveries.map(summary)).toEqual([
    [1, 500],
    [2, 302],
    [3, 401],
    [4, 204],
  ]);
  expect(heard.slice(1).map(({ body }) => JSON.parse(body).attempt_number)).toEqual([1, 2, 3, 4]);
  expect(new Set(heard.slice(1).map(({ body }) => JSON.parse(body).id)).size).toBe(1);
});

test("eight times at the most, or as often as is said; no answer is one that failed", async () => {
  const emulator = await startEmulator();
  const { url } = await receiver(500);
  await emulator.webhooks.subscribe(url);
  expect(await emulator.webhooks.send({ type: "page.created" }, { pause: 1 })).toHaveLength(8);
  expect(await emulator.webhooks.send({ type: "page.created" }, { attempts: 1 })).toHaveLength(1);
  const { id } = await emulator.webhooks.subscribe("http://127.0.0.1:1/");
  const sent = await emulator.webhooks.send({ type: "page.created" }, { attempts: 2, pause: 1 });
  expect(sent.filter(({ subscription }) => subscription === id).map(summary)).toEqual([
    [1, 0],
    [2, 0],
  ]);
});

test("the pause may wait for something", async () => {
  const emulator = await startEmulator();
  const { url, heard } = await receiver(200, 500, 200);
  await emulator.webhooks.subscribe(url);
  const paused = gate();
  const sending = emulator.webhooks.send(
    { type: "page.created" },
    { pause: async (attempt) => (await paused.wait(), attempt) },
  );
  await paused.reached;
  expect(heard).toHaveLength(2);
  paused.open();
  expect((await sending).map(summary)).toEqual([
    [1, 500],
    [2, 200],
  ]);
});

test("copies come at once, the last attempt first", async () => {
  const emulator = await startEmulator();
  const all = gate();
  let count = 0;
  const answer = async () => {
    count += 1;
    if (count === 3) all.open();
    await all.wait();
    return 200;
  };
  const { url } = await receiver(200, answer);
  await emulator.webhooks.subscribe(url);
  const sent = await emulator.webhooks.send({ type: "page.created" }, { copies: 3 });
  expect(sent.map(summary)).toEqual([
    [3, 200],
    [2, 200],
    [1, 200],
  ]);
});

test("nothing more is sent after unsubscribe, reset or close", async () => {
  const emulator = await startEmulator();
  const { url, heard } = await receiver(200, 500);
  const { id } = await emulator.webhooks.subscribe(url);
  emulator.webhooks.unsubscribe(id);
  expect(await emulator.webhooks.send({ type: "page.created" })).toEqual([]);
  await emulator.webhooks.subscribe(url);
  const paused = gate();
  const wait = async () => (await paused.wait(), 60_000);
  const sending = emulator.webhooks.send({ type: "page.created" }, { pause: wait });
  await paused.reached;
  paused.open();
  await emulator.close();
  expect(await sending).toHaveLength(1);
  expect(heard).toHaveLength(3);
  expect([emulator.webhooks.subscriptions, emulator.webhooks.deliveries]).toEqual([[], []]);
});

test("close() breaks off a delivery that nobody answers", async () => {
  const emulator = await startEmulator();
  const hung = gate();
  const { url } = await receiver(200, async () => (await hung.wait(), 200));
  await emulator.webhooks.subscribe(url);
  const sending = emulator.webhooks.send({ type: "page.created" });
  await hung.reached;
  await emulator.close();
  expect((await sending).map(summary)).toEqual([[1, 0]]);
  hung.open();
});

test.each([
  ["url", (emulator: Awaited<ReturnType<typeof startEmulator>>) => emulator.webhooks.subscribe("/hook")],
  ["clientId", (emulator) => emulator.webhooks.subscribe("http://127.0.0.1:1/", { clientId: "x" })],
  ["type", (emulator) => emulator.webhooks.send({ type: "" })],
  ["attempts", (emulator) => emulator.webhooks.send({ type: "page.created" }, { attempts: 9 })],
  ["copies", (emulator) => emulator.webhooks.send({ type: "page.created" }, { copies: 0 })],
  [
    "workspace",
    async (emulator) => {
      await emulator.webhooks.subscribe("http://127.0.0.1:1/");
      return emulator.webhooks.send({ type: "page.created", workspace: "Nowhere" });
    },
  ],
] as [string, (emulator: Awaited<ReturnType<typeof startEmulator>>) => Promise<unknown>][])(
  "a wrong %s is named",
  async (option, act) => {
    const emulator = await startEmulator();
    await expect(act(emulator)).rejects.toMatchObject({ code: "ERR_EMULATOR_OPTION", option });
  },
);
