/** Logouts on a vault that fails: what the app is told, and how long they take. */
import { expect, test } from "vitest";
import { memoryVault, type RevocationOutcome } from "../../src/index.js";
import { eventually, startApp } from "../support/app.js";
import { type Fault, faultyVault } from "../support/vaults.js";

const json = { accept: "application/json" } as const;

test.concurrent.each<[Fault, string]>([
  ["reject", "of a connection"],
  ["late", "of a connection"],
  ["reject", "that the app keeps itself"],
  ["late", "that the app keeps itself"],
])(
  "whichever call to the vault fails (%s), onLogout is never told that there are no tokens %s",
  async (fault, kind) => {
    const isOwn = kind !== "of a connection";
    for (let failing = 0, isOver = false; !isOver; failing++) {
      const vault = faultyVault(memoryVault());
      const told: RevocationOutcome[] = [];
      const app = await startApp({
        notion: { vault, logoutTimeout: 500, onLogout: (_req, _res, outcome) => void told.push(outcome) },
        routes: (server, notion) => {
          server.get("/in", (req, res) => void (Object.assign(req.session, { user: "x" }), res.end()));
          if (isOwn) notion.logout({ tokens: () => own });
        },
      });
      const own = isOwn ? app.emulator.issue() : undefined;
      const client = isOwn ? app.client() : await app.loggedIn();
      await client.get("/in");
      let calls = 0;
      const isOfLogout = (method: string) => method !== "takeDue" && method !== "nextDueIn";
      vault.fault = fault;
      vault.failing = (method) => isOfLogout(method) && calls++ === failing;
      const first = await client.post("/logout", json);
      isOver = calls <= failing;
      vault.failing = undefined;
      const last = first.status === 200 ? first : await client.post("/logout", json);
      expect([failing, last.status]).toEqual([failing, 200]);
      expect(
        told.map(({ revocation }) => revocation),
        `call ${failing}`,
      ).not.toContain("none");
      const { revocation, tokens } = last.json<RevocationOutcome>();
      expect([failing, told.at(-1)]).toEqual([failing, { revocation, tokens }]);
      await eventually(() => app.emulator.activeTokens().length === 0, `all are dead, though call ${failing} failed`);
    }
  },
);

test.concurrent.each<Fault>(["reject", "late"])(
  "tokens that the app can bring only once die, whichever call to the vault fails (%s)",
  async (fault) => {
    for (let failing = 0, isOver = false; !isOver; failing++) {
      const vault = faultyVault(memoryVault());
      const app = await startApp({
        notion: { vault, logoutTimeout: 500 },
        routes: (server, notion) => {
          server.get("/in", (req, res) => void (Object.assign(req.session, { user: "x" }), res.end()));
          notion.logout({ tokens: () => once.pop() });
        },
      });
      const once = [app.emulator.issue()];
      const client = app.client();
      await client.get("/in");
      let calls = 0;
      vault.fault = fault;
      vault.failing = (method) => method !== "takeDue" && method !== "nextDueIn" && calls++ === failing;
      await client.post("/logout", json);
      isOver = calls <= failing;
      vault.failing = undefined;
      // It had not come to asking for them.
      if (once.length > 0) await client.post("/logout", json);
      expect(once).toEqual([]);
      await eventually(() => app.emulator.activeTokens().length === 0, `all are dead, though call ${failing} failed`);
    }
  },
);

test.concurrent("a database that hangs holds a logout no longer with ten connections than with one", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `Workspace ${index}`);
  const workspaces = names.map((name) => ({ id: name.replace(" ", "-"), name, icon: null }));
  const timeOf = async (count: number, method: string) => {
    const vault = faultyVault(memoryVault());
    const app = await startApp({ notion: { vault }, emulator: { workspaces } });
    const client = app.client();
    for (const workspace of names.slice(0, count)) await app.logIn(client, { workspace });
    vault.fault = "hang";
    vault.failing = (called) => called === method;
    const started = performance.now();
    const { status } = await client.post("/logout", json);
    return [status, performance.now() - started] as const;
  };
  const methods = ["get", "insert", "replace", "find"];
  const times = await Promise.all(methods.flatMap((method) => [1, 10].map((count) => timeOf(count, method))));
  expect(times.map(([status]) => status)).toEqual(times.map(() => 503));
  // One call has 3 s; ten in a row would have 30.
  for (const [, time] of times) expect(time).toBeLessThan(9000);
});
