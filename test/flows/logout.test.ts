import { expect, test } from "vitest";
import { eventually, startApp } from "../support/app.js";

test("POST /logout revokes both tokens, destroys the session and clears the cookie", async () => {
  const { emulator, loggedIn, store } = await startApp();
  const client = await loggedIn();
  expect((await client.get("/state")).json()["connected"]).toBe(true);
  expect(emulator.activeTokens()).toHaveLength(2);
  const stolen = client.copy();

  const answer = await client.post("/logout", { accept: "application/json" });
  expect(answer.status).toBe(200);
  expect(answer.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["set-cookie"]?.join()).toMatch(
    /^connect\.sid=; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly$/,
  );
  expect(client.cookies.size).toBe(0);
  expect(emulator.activeTokens()).toEqual([]);
  expect(emulator.count("revoke")).toBe(2);

  expect((await stolen.get("/state")).json()["connected"]).toBe(false);
  const rows = await new Promise<Record<string, unknown>>((resolve) => store.all?.((_, all) => resolve(all as never)));
  expect(Object.keys(rows).filter((key) => !key.startsWith("notion."))).toEqual([]);
});

test("a logout while Notion is down ends the session and revokes when Notion is back", async () => {
  const { emulator, loggedIn, notion } = await startApp();
  const client = await loggedIn();
  emulator.down();
  const answer = await client.post("/logout", { accept: "application/json" });
  expect(answer.json()).toEqual({ loggedOut: true, revocation: "queued", tokens: 2 });
  expect(await notion.revocations.pending()).toHaveLength(1);
  emulator.up();
  await eventually(() => emulator.activeTokens().length === 0, "the tokens are dead");
  await eventually(async () => (await notion.revocations.pending()).length === 0, "the queue is empty");
});
