import { describe, expect, test } from "vitest";
import { eventually } from "../support/app.js";
import type { Client } from "../support/client.js";
import { gate } from "../support/gate.js";
import { entries } from "../support/vaults.js";
import { startPassportApp } from "./support/passport-app.js";
import { passports } from "./support/versions.js";

// A logout of the session while Passport logs somebody in to it in another tab.

const json = { accept: "application/json" } as const;

const where = ["verify", "between authenticate and remember()"] as const;
const matrix = (Object.keys(passports) as (keyof typeof passports)[]).flatMap((passport) =>
  where.flatMap((place) => [true, false].map((keepSessionInfo) => [passport, place, keepSessionInfo] as const)),
);

async function start(passport: keyof typeof passports, place: (typeof where)[number], keepSessionInfo: boolean) {
  const held = gate();
  let logins = 0;
  const isHeld = () => logins === 2;
  const app = await startPassportApp({
    passport,
    authenticate: { keepSessionInfo },
    async verify(accessToken, _refreshToken, profile, done) {
      logins += 1;
      if (place === "verify" && isHeld()) await held.wait();
      const user = { id: profile.id, name: profile.displayName, notionToken: accessToken };
      app.users.set(user.id, user);
      done(null, user);
    },
    between: (_req, _res, next) => void (place !== "verify" && isHeld() ? held.wait().then(() => next()) : next()),
    routes(server) {
      server.get("/put", (req, res) => {
        Object.assign(req.session, { note: "the owner's" });
        res.end();
      });
    },
  });
  return { app, held };
}

describe.each(matrix)("Passport %s, held in %s, keepSessionInfo: %s", (passport, place, keepSessionInfo) => {
  test.each([undefined, "Grace Hopper"])("of %s: nothing of either lives on", async (user) => {
    const { app, held } = await start(passport, place, keepSessionInfo);
    const owner = await app.loggedIn();
    await owner.get("/put");
    const tab = owner.copy();
    const login = app.logIn(tab, user === undefined ? { workspace: "Home" } : { user });
    await held.reached;
    expect((await owner.post("/logout", json)).json()).toMatchObject({ loggedOut: true });
    held.open();
    expect((await login).status).toBe(409);
    const view = async (client: Client) => (await client.get("/user")).json<{ user: string | null; session: object }>();
    for (const client of [owner, tab]) {
      const { user: who, session } = await view(client);
      expect([who, JSON.stringify(session)]).toEqual([null, expect.not.stringContaining("owner")]);
      expect((await client.get("/me", json)).status).toBe(401);
    }
    await eventually(() => app.emulator.activeTokens().length === 0, "all tokens are dead");
    expect(await entries(app.vault, "held")).toEqual([]);
    expect(JSON.stringify((app.store as unknown as { sessions: object }).sessions)).not.toContain("owner");
  });
});
