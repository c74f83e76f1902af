import { expect, test } from "vitest";
import { newVault } from "../support/new-vault.js";
import { watchedVault } from "../crash/support/watched-vault.js";
import { startUsersApp } from "./support/users-app.js";

const json = { accept: "application/json" } as const;

/** An app whose calls of the vault are counted, and what they are since it was asked last. */
async function counted() {
  let calls: string[] = [];
  const vault = watchedVault(newVault(), {
    before: ({ method }) => {
      // The worker looks by itself when something is due.
      if (method !== "nextDueIn" && method !== "takeDue") calls.push(method);
    },
  });
  const app = await startUsersApp({ notion: { vault } });
  const taken = () => {
    const all = calls;
    calls = [];
    return all;
  };
  return { app, taken };
}

test("a guarded request of a user costs one find and no write, however many connections and requests there are", async () => {
  const { app, taken } = await counted();
  const browser = await app.browserOf("ada");
  await app.connect(browser, { workspace: "Acme Studio" });
  await app.connect(browser, { workspace: "Home" });
  await browser.get("/me", json);
  taken();
  for (let turn = 0; turn < 3; turn++) {
    expect((await browser.get("/me", json)).status).toBe(200);
    expect(taken()).toEqual(["find"]);
  }
});

test("a session that comes to a connection is listed there once, after a look for its mark", async () => {
  const { app, taken } = await counted();
  await app.connect(await app.browserOf("ada"));
  const phone = await app.browserOf("ada");
  taken();
  expect((await phone.get("/me", json)).status).toBe(200);
  expect(taken()).toEqual(["find", "get", "replace"]);
  expect((await phone.get("/me", json)).status).toBe(200);
  expect(taken()).toEqual(["find"]);
});

test("a user without a connection costs a find and a look for the mark of the session", async () => {
  const { app, taken } = await counted();
  const browser = await app.browserOf("ada");
  taken();
  expect((await browser.get("/me", json)).status).toBe(401);
  expect(taken()).toEqual(["find", "get"]);
});

test("somebody who is not logged in to the app costs nothing", async () => {
  const { app, taken } = await counted();
  expect((await app.client().get("/me", json)).status).toBe(401);
  expect(taken()).toEqual([]);
});

test("a job costs one get for each use", async () => {
  const { app, taken } = await counted();
  await app.connect(await app.browserOf("ada"));
  const [connection] = await app.job().connections.find({ user: "ada" });
  taken();
  await connection!.withAccessToken(async () => {});
  await connection!.withAccessToken(async () => {});
  expect(taken()).toEqual(["get", "get"]);
});
