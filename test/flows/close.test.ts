import { expect, test } from "vitest";
import { memoryVault, type NotionVault, type Vault } from "../../src/index.js";
import { NotionStrategy } from "../../src/passport/index.js";
import type { Answer } from "../support/client.js";
import { entries } from "../support/vaults.js";
import { eventually, startApp } from "../support/app.js";

const json = { accept: "application/json" } as const;

test("close() during a login waits for the tokens that Notion is issuing, and they are in a session afterwards", async () => {
  const app = await startApp();
  const client = app.client();
  const slow = app.emulator.fault("token", { delay: 300 });
  const answer = app.logIn(client);
  await eventually(() => slow.hits === 1, "Notion is asked");
  await app.notion.close();
  expect(app.emulator.activeTokens()).toHaveLength(2);
  expect((await answer).status).toBe(303);
  expect((await client.get("/me", json)).status).toBe(200);
});

test("close() during a refresh waits for the new pair, and it is stored afterwards", async () => {
  const app = await startApp();
  const client = await app.loggedIn();
  for (const { value, kind } of app.emulator.activeTokens())
    if (kind === "access") app.emulator.expireAccessToken(value);
  const slow = app.emulator.fault("token", { delay: 300 });
  const answer = client.get("/me", json);
  await eventually(() => slow.hits === 1, "Notion is asked");
  await app.notion.close();
  expect(app.emulator.activeTokens()).toHaveLength(2);
  expect((await answer).status).toBe(200);
  expect((await client.post("/logout", json)).json().revocation).toBe("revoked");
  expect(app.emulator.activeTokens()).toEqual([]);
});

test("close() keeps the vault open for the tokens of a login that then fails", async () => {
  const inner = memoryVault();
  let closed = false;
  const vault: NotionVault = {
    open: (clientId) => ({
      ...inner.open(clientId),
      close: async () => {
        closed = true;
      },
    }),
  };
  const app = await startApp({ notion: { vault } });
  const slow = app.emulator.fault("token", { delay: 300 });
  const answer = app.logIn(app.client());
  await eventually(() => slow.hits === 1, "Notion is asked");
  app.store.set = (_sid: string, _session: unknown, done?: (error?: unknown) => void) => done?.(new Error("down"));
  await app.notion.close();
  expect(closed).toBe(true);
  expect((await answer).status).toBe(503);
  expect(app.emulator.activeTokens().length === 0 || (await entries(inner, "ending")).length > 0).toBe(true);
});

/** A vault that takes nothing more once it is closed, as those that leave the process. */
function closingVault(): NotionVault & { readonly isClosed: () => boolean } {
  const inner = memoryVault();
  let isClosed = false;
  const open = (clientId: string): Vault => {
    const vault = inner.open(clientId);
    const wrap =
      <A extends unknown[], T>(run: (...args: A) => Promise<T>) =>
      async (...args: A): Promise<T> => {
        if (isClosed) throw new Error("This vault was closed.");
        return run(...args);
      };
    return {
      insert: wrap(vault.insert),
      get: wrap(vault.get),
      replace: wrap(vault.replace),
      erase: wrap(vault.erase),
      takeDue: wrap(vault.takeDue),
      nextDueIn: wrap(vault.nextDueIn),
      find: wrap(vault.find),
      close: async () => {
        isClosed = true;
      },
    };
  };
  return { open, isClosed: () => isClosed };
}

test("tokens of a code that come after close() has given up waiting die, while the process goes on", async () => {
  const vault = closingVault();
  const app = await startApp({ notion: { timeout: 2000, vault } });
  const slow = app.emulator.fault("token", { delay: 4000, times: 1 });
  const answer = app.logIn(app.client());
  await eventually(() => slow.hits === 1, "Notion is asked");
  await app.notion.close({ timeout: 10 });
  expect(vault.isClosed()).toBe(true);
  expect(app.emulator.tokens).toHaveLength(0);
  expect((await answer).status).toBe(504);
  await eventually(() => app.emulator.tokens.length === 2, "the answer has come");
  await eventually(() => app.emulator.activeTokens().length === 0, "its tokens are dead");
});

test("a new pair that comes after close() has given up waiting dies, too", async () => {
  const vault = closingVault();
  const app = await startApp({ notion: { timeout: 2000, vault } });
  const client = await app.loggedIn();
  for (const { value, kind } of app.emulator.activeTokens())
    if (kind === "access") app.emulator.expireAccessToken(value);
  const slow = app.emulator.fault("token", { delay: 4000, times: 1 });
  const answer = client.get("/me", json);
  await eventually(() => slow.hits === 1, "Notion is asked");
  await app.notion.close({ timeout: 10 });
  expect(vault.isClosed()).toBe(true);
  expect((await answer).status).toBe(503);
  await eventually(() => app.emulator.tokens.length === 4, "the answer has come");
  await eventually(() => app.emulator.activeTokens().length === 0, "its tokens are dead");
});

test("close() does not wait longer than it may for a Notion that hangs", async () => {
  const app = await startApp({ notion: { timeout: 10_000 } });
  const slow = app.emulator.fault("token", { hang: true });
  const answer = app.logIn(app.client()).catch(() => {});
  await eventually(() => slow.hits === 1, "Notion is asked");
  const started = performance.now();
  await app.notion.close({ timeout: 200 });
  // Far from the 10 s that the call itself may take.
  expect(performance.now() - started).toBeLessThan(5000);
  app.emulator.clearFaults();
  await app.emulator.close();
  await answer;
});

test("`await using` closes a strategy on its own, and its vault, behind the block", async () => {
  const vault = closingVault();
  const options = { clientID: "id", clientSecret: "secret", callbackURL: "http://localhost/callback", vault };
  {
    await using strategy = new NotionStrategy(options, (_access, _refresh, _profile, done) => done(null, false));
    expect([strategy.name, vault.isClosed()]).toEqual(["notion", false]);
  }
  expect(vault.isClosed()).toBe(true);
});

test("`await using` closes a notion behind the block, as close() does: what Notion is issuing is waited for", async () => {
  const app = await startApp({ notion: { vault: closingVault() } });
  const slow = app.emulator.fault("token", { delay: 300 });
  let answer: Promise<Answer>;
  {
    await using notion = app.notion;
    answer = app.logIn(app.client());
    await eventually(() => slow.hits === 1, "Notion is asked");
    expect((await notion.health()).waiting).toBe(0);
  }
  expect(app.emulator.activeTokens()).toHaveLength(2);
  await expect(app.notion.health()).rejects.toMatchObject({ code: "vault_unavailable" });
  await answer;
});
