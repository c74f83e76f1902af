import { expect, test } from "vitest";
import { eventually } from "../support/app.js";
import { startUsersApp } from "./support/users-app.js";

const json = { accept: "application/json" } as const;

/** What the vault holds beside marks, as it stands there. */
async function contents({ vault }: Awaited<ReturnType<typeof startUsersApp>>): Promise<string> {
  const entries = vault.open("emulated-client");
  const states = ["arriving", "held", "ending", "ended", "failed"] as const;
  const all = await Promise.all(states.map((state) => entries.find({ state })));
  await entries.close?.();
  return JSON.stringify(all.flat());
}

const FACTS = ["ada-lovelace", "Acme Studio", "Ada Lovelace"];

test("an erasure leaves nothing of a connection that was to be connected again while Notion cannot revoke", async () => {
  const app = await startUsersApp({ notion: { logoutTimeout: 100 } });
  const browser = await app.browserOf("ada-lovelace");
  await app.connect(browser);
  const job = app.job();
  const [connection] = await job.connections.find({ user: "ada-lovelace" });
  const revoke = app.emulator.fault("revoke", { status: 503 });
  const refresh = app.emulator.fault("token", { status: 400, body: '{"error":"invalid_grant"}' });
  await expect(connection!.refresh()).rejects.toMatchObject({ code: "reconnect_required" });
  refresh.clear();
  expect((await job.connections.find({ user: "ada-lovelace" })).map(({ state }) => state)).toEqual(["reconnect"]);
  expect(await contents(app)).toContain("Acme Studio");

  const outcome = await job.revokeAll({ user: "ada-lovelace" });
  expect(outcome).toMatchObject({ revocation: "queued", connections: [{ connection: connection!.id }] });
  for (const fact of FACTS) expect(await contents(app)).not.toContain(fact);
  expect(await job.connections.find({ user: "ada-lovelace" })).toEqual([]);

  revoke.clear();
  await eventually(() => app.emulator.activeTokens().length === 0, "the end of the tokens");
  await eventually(async () => !(await contents(app)).includes('"ending"'), "its receipt");
  for (const fact of FACTS) expect(await contents(app)).not.toContain(fact);
  expect((await browser.get("/me", json)).json()).toEqual({ error: "not_connected" });
  expect(await job.revokeAll({ user: "ada-lovelace" })).toEqual({ revocation: "none", tokens: 0, connections: [] });
  await job.close();
});
