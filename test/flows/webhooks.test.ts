import { Client as NotionSdk } from "@notionhq/client";
import express from "express";
import express4 from "express4";
import { expect, test } from "vitest";
import type { NotionEmulator, WebhookEventOptions } from "../../src/emulator/index.js";
import { ConnectionError, type StoredConnection, type WebhookOptions } from "../../src/index.js";
import { startApp, type TestApp, type TestAppOptions } from "../support/app.js";

const versions = [
  ["Express 5", () => express()],
  ["Express 4", () => express4()],
] as const;

interface Hooked extends TestApp {
  /** The connections that each event came with. */
  readonly seen: (readonly StoredConnection[])[];
}

/** An app whose people connect, and that has subscribed to webhooks. */
async function startHooked(options: TestAppOptions & { onEvent?: WebhookOptions["onEvent"] } = {}): Promise<Hooked> {
  const seen: (readonly StoredConnection[])[] = [];
  const tokens: string[] = [];
  const app = await startApp({
    ...options,
    routes: (app, notion) =>
      void app.post(
        "/webhooks/notion",
        notion.webhook({
          verificationToken: () => tokens,
          onVerificationToken: (token) => void tokens.push(token),
          onEvent(event, context) {
            seen.push(context.connections);
            return options.onEvent?.(event, context);
          },
        }),
      ),
  });
  await app.emulator.webhooks.subscribe(`${app.origin}/webhooks/notion`);
  expect(app.emulator.webhooks.deliveries).toMatchObject([{ status: 200 }]);
  return { ...app, seen };
}

const statuses = (emulator: NotionEmulator) => emulator.webhooks.deliveries.slice(1).map(({ status }) => status);
const updated = (changes: Partial<WebhookEventOptions> = {}): WebhookEventOptions => ({
  type: "page.content_updated",
  ...changes,
});
const people = (connections: readonly StoredConnection[] | undefined) =>
  connections
    ?.map(({ connection: { owner, workspaceName } }) =>
      owner.type === "user" ? `${owner.user.name?.split(" ")[0]} in ${workspaceName}` : workspaceName,
    )
    .sort();

test.each(versions)("handshake, event, a call to Notion with the token of who may see it: %s", async (_, createApp) => {
  const names: unknown[] = [];
  const app = await startHooked({
    createApp,
    async onEvent(_, { connections }) {
      for (const connection of connections)
        names.push(
          await connection.withAccessToken(async (auth) => {
            const me = await new NotionSdk({ auth, baseUrl: app.emulator.url, logger: () => {} }).users.me({});
            return me.id;
          }),
        );
    },
  });
  const browser = app.client();
  await app.logIn(browser);
  await app.emulator.webhooks.send(updated());
  expect(statuses(app.emulator)).toEqual([200]);
  const { connection } = (await browser.get("/state")).json<{ connection: { botId: string } }>();
  expect(names).toEqual([connection.botId]);
  // A token that has expired is refreshed on the way.
  for (const { value, kind } of app.emulator.activeTokens())
    if (kind === "access") app.emulator.expireAccessToken(value);
  await app.emulator.webhooks.send(updated());
  expect(names).toEqual([connection.botId, connection.botId]);
});

test("an event comes with the connections that may see it, and no others", async () => {
  const { emulator, client, logIn, seen } = await startHooked();
  const logins = [
    { workspace: "Acme Studio", user: "Ada Lovelace" },
    { workspace: "Acme Studio", user: "Grace Hopper" },
    { workspace: "Home", user: "Ada Lovelace" },
  ];
  for (const who of logins) await logIn(client(), who);
  const botId = emulator.activeTokens()[0]!.botId;
  const [ada, grace] = emulator.users;
  const asked: [Partial<WebhookEventOptions>, string[]][] = [
    [{}, ["Ada in Acme Studio", "Grace in Acme Studio"]],
    [{ workspace: "Home" }, ["Ada in Home"]],
    [{ accessibleBy: null }, ["Ada in Acme Studio", "Grace in Acme Studio"]],
    [{ accessibleBy: [{ id: botId, type: "bot" }] }, ["Ada in Acme Studio"]],
    [{ accessibleBy: [{ id: grace!.id, type: "person" }] }, ["Grace in Acme Studio"]],
    [{ accessibleBy: [{ id: ada!.id, type: "person" }], workspace: "Home" }, ["Ada in Home"]],
    // The id of a person is no bot's, and the other way round.
    [{ accessibleBy: [{ id: ada!.id, type: "bot" }] }, []],
    [{ accessibleBy: [{ id: botId, type: "person" }] }, []],
    [{ accessibleBy: [] }, []],
    [{ accessibleBy: [null, "x", {}, { type: "bot" }, { type: "person" }] as never }, []],
    [{ accessibleBy: "everybody" as never }, []],
  ];
  for (const [event] of asked) await emulator.webhooks.send(updated(event));
  expect(seen.map(people)).toEqual(asked.map(([, expected]) => expected));
  expect(new Set(statuses(emulator))).toEqual(new Set([200]));
});

test("a connection that may be used only while its user is there comes with no event", async () => {
  const { emulator, vault, client, logIn, seen } = await startHooked();
  await logIn(client(), { user: "Ada Lovelace" });
  await logIn(client(), { user: "Grace Hopper" });
  const of = vault.open("emulated-client");
  for (const { version, ...entry } of await of.find({ state: "held" }))
    if (JSON.stringify(entry.data).includes("Ada"))
      await of.replace({ ...entry, data: { ...entry.data, unattended: false } }, version);
  await emulator.webhooks.send(updated());
  expect(seen.map(people)).toEqual([["Grace in Acme Studio"]]);
});

test("an entry that this release cannot read is in nobody's way", async () => {
  const { emulator, vault, client, logIn, seen } = await startHooked();
  await logIn(client(), { user: "Ada Lovelace" });
  await logIn(client(), { user: "Grace Hopper" });
  const of = vault.open("emulated-client");
  for (const { version, ...entry } of await of.find({ state: "held" }))
    if (JSON.stringify(entry.data).includes("Ada"))
      await of.replace({ ...entry, data: { ...entry.data, v: 2 } }, version);
  await emulator.webhooks.send(updated());
  expect(seen.map(people)).toEqual([["Grace in Acme Studio"]]);
});

test("a connection that was logged out or disconnected comes with no event", async () => {
  const { emulator, loggedIn, seen } = await startHooked();
  const browser = await loggedIn();
  await emulator.webhooks.send(updated());
  await browser.post("/logout");
  await emulator.webhooks.send(updated({ accessibleBy: null }));
  expect(seen.map((connections) => connections.length)).toEqual([1, 0]);
  await expect(seen[0]![0]!.accessToken()).rejects.toMatchObject({ code: "not_connected" });
});

test("a connection that was taken back at Notion ends as one to be reconnected, and the event is sent again", async () => {
  const errors: unknown[] = [];
  const { emulator, loggedIn, events } = await startHooked({
    async onEvent(_, { connections }) {
      for (const connection of connections)
        await connection
          .withAccessToken(async (token) => {
            if (!emulator.isActive(token)) throw Object.assign(new Error("401"), { status: 401 });
          })
          .catch((error) => {
            errors.push(error);
            throw error;
          });
    },
  });
  await loggedIn();
  emulator.endUserDisconnect(emulator.activeTokens()[0]!.botId);
  await emulator.webhooks.send(updated({ accessibleBy: null }), { pause: 1 });
  expect(errors).toEqual([expect.any(ConnectionError)]);
  expect(errors).toMatchObject([{ code: "reconnect_required" }]);
  // Notion learns that it failed, whatever the error of the app says. The second time nobody is connected any more.
  expect(statuses(emulator)).toEqual([500, 200]);
  expect(events).toContainEqual({
    name: "connection.ended",
    payload: expect.objectContaining({ reason: "reconnect" }),
  });
});

test("eight copies at once, out of order: one event", async () => {
  const { emulator, seen } = await startHooked();
  const event = updated({ id: crypto.randomUUID() });
  const first = await emulator.webhooks.send(event, { copies: 8, attempts: 8 });
  expect(first.map(({ attempt }) => attempt)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  await emulator.webhooks.send(event);
  expect(seen).toHaveLength(1);
  expect(statuses(emulator).filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(statuses(emulator).at(-1)).toBe(200);
});

test("what onEvent fails at is sent until it succeeds", async () => {
  let tries = 0;
  const { emulator } = await startHooked({
    onEvent() {
      tries += 1;
      if (tries < 4) throw new Error("not yet");
    },
  });
  await emulator.webhooks.send(updated(), { pause: 1 });
  expect(statuses(emulator)).toEqual([500, 500, 500, 200]);
});

test("what an app sees of a connection shows no token", async () => {
  const { emulator, loggedIn, seen } = await startHooked();
  await loggedIn();
  await emulator.webhooks.send(updated());
  const { inspect } = await import("node:util");
  const shown = inspect(seen, { depth: 20, showHidden: true }) + JSON.stringify(seen);
  expect(emulator.tokens.filter(({ value }) => shown.includes(value))).toEqual([]);
  expect(shown).toContain("Acme Studio");
});
