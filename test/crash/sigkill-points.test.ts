import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../support/client.js";
import { describeWithService } from "../support/services.js";
import { delay, type Lab, openLab, scale } from "./support/lab.js";

const MAX_AGE = scale > 1 ? 5000 : 3000;
/** A record outlives its session by a quarter, Redis counts whole seconds, a guard looks every quarter, a lease ends. */
const ALL_GUARDS_LOOKED = 30_000;

const logoutPoints = [
  "add revoke:before",
  "add revoke:after",
  "set mark:before",
  "set mark:after",
  "set tombstone:before",
  "set tombstone:after",
  "revoke begins",
  "revoke begins@2",
  "revoke sent",
  "revoke answered",
  "revoke answered@2",
  "acknowledge:before",
  "acknowledge:after",
  "cancel guard:before",
  "cancel guard:after",
  "destroy:before",
  "destroy:after",
  "cookie cleared",
  "answer:before",
  "answer:after",
];

/** Where Notion has issued tokens that no process has had the time to write down. */
const unavoidable = ["token sent", "token answered", "add guard:before"];
const loginPoints = [
  ...unavoidable,
  "add guard:after",
  "destroy:before",
  "destroy:after",
  "set record:before",
  "set record:after",
  "set session:before",
  "set session:after",
  "answer:before",
  "answer:after",
];
const refreshPoints = [
  "set attempt:before",
  "set attempt:after",
  ...unavoidable,
  "add guard:after",
  "set record:before",
  "set record:after",
];

/** What a run at the default scale visits, with one queue. */
const essential = new Set([
  "add revoke:after",
  "set mark:after",
  "set tombstone:after",
  "revoke answered",
  "acknowledge:before",
  "destroy:before",
  "answer:before",
  "token answered",
  "add guard:after",
  "set record:before",
  "set session:after",
]);
const visited = (points: readonly string[]) => points.filter((point) => scale > 1 || essential.has(point));

for (const queue of scale > 1 ? (["directory", "redis"] as const) : (["directory"] as const)) {
  describeWithService("redis", `a process killed at each step, with a queue in ${queue}`, () => {
    let lab: Lab;
    /** Tokens that were in nobody's hands when a process died. */
    const gone = new Set<string>();
    let points = 0;
    beforeAll(async () => {
      lab = await openLab({ queue, maxAge: MAX_AGE });
    });
    afterAll(() => lab.close());

    async function crashAt(point: string, client: Client, request: () => Promise<unknown>): Promise<void> {
      const [app] = lab.apps as [Lab["apps"][0]];
      await client.post(`/arm?${new URLSearchParams({ point })}`);
      const ended = app.ended();
      await Promise.race([Promise.all([request().catch(() => {}), ended]), delay(8000)]);
      const { kills } = app;
      app.kill();
      await ended;
      await app.start();
      expect([point, kills]).toEqual([point, points + 1]);
      points += 1;
    }

    const accessTokens = () => lab.emulator.tokens.filter(({ kind }) => kind === "access");

    test.each(visited(logoutPoints))("logout: %s", async (point) => {
      const loggedInAt = Date.now();
      const client = await lab.browser();
      const { value } = accessTokens().at(-1)!;
      let answered = false;
      const old = client.copy();
      await crashAt(point, client, async () => {
        const answer = await client.post("/logout", { accept: "application/json" });
        answered = answer.status === 200;
      });
      const place = await lab.placeOf(value, old);
      // On a slow machine the session may have expired meanwhile: then it is for the guard.
      if (Date.now() - loggedInAt < MAX_AGE) expect(place).toBeDefined();
      if (answered) expect((await old.get("/state")).json().connected).toBe(false);
      // A crash never leaves a session that can neither be used nor ended.
      const again = await old.copy().post("/logout", { accept: "application/json" });
      expect([again.status, again.json().loggedOut]).toEqual([200, true]);
      expect((await old.get("/state")).json().connected).toBe(false);
    });

    test.each(visited(loginPoints))("login: %s", async (point) => {
      const client = new Client(lab.apps[0]!.origin);
      const before = lab.emulator.tokens.length;
      await crashAt(point, client, () => lab.logIn(client));
      settleIssued(point, before);
    });

    test.each(visited(refreshPoints))("refresh: %s", async (point) => {
      const client = await lab.browser();
      const before = lab.emulator.tokens.length;
      await crashAt(point, client, () => client.get("/refresh"));
      settleIssued(point, before);
    });

    /** What was issued in the request that died is written down, or could not have been. */
    function settleIssued(point: string, before: number): void {
      const issued = lab.emulator.tokens.slice(before);
      const [access] = issued;
      if (access === undefined || lab.wasSecured(access.value)) return;
      expect(unavoidable).toContain(point);
      for (const { value } of issued) gone.add(value);
    }

    test(
      "in the end every token is dead but those that died with the process that got them",
      async () => {
        const left = await lab.orphans(ALL_GUARDS_LOOKED).then((all) => all.filter((token) => !gone.has(token)));
        const issued = lab.emulator.tokens.length;
        console.info(
          `${queue}: ${points} kills, ${issued} tokens issued, ${gone.size} lost unseen, ${left.length} orphans`,
        );
        expect(left).toEqual([]);
      },
      ALL_GUARDS_LOOKED + 5000,
    );
  });
}
