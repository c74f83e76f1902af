import { expect, test } from "vitest";
import { delay, eventually } from "../support/app.js";
import { Client } from "../support/client.js";
import { describeOn } from "./support/database.js";
import { flows, isLate } from "./support/flows.js";
import { openLab, unlessKilled } from "./support/lab.js";
import { oneIn, SEED, scale } from "./support/random.js";

const TIME = { timeout: 300_000 * scale };
/** How often a kill is tried. */
const TIMES = 3;
/** Kills that happen at the same time, each with a session of its own. */
const AT_ONCE = 4;
/** Whether each vault gets a part of the kills, by chance: what is lost or kept is the same on all of them. */
const isSampled = scale === 1;
/** One kill of so many is tried: an odd number, so that some come before a call and some after one. */
const isOfSample = oneIn(5);

const names = scale > 1 ? Object.keys(flows) : ["a login", "a logout", "a refresh"];

describeOn(["sqlite", "postgres", "redis"], (vault) => {
  test.each(names)(
    "%s killed before and after each call of the vault leaves nothing behind that lives",
    TIME,
    async (name) => {
      const lab = await openLab({ vault, options: { timeout: 1000 } });
      const other = await lab.start();
      const begin = flows[name]!;
      const client = new Client(other.origin);
      const count = async () => {
        const act = await begin(lab, other, client);
        await other.arm();
        return act();
      };
      let counted = await count();
      while (isLate(counted)) counted = await count();
      expect(counted.status).toBeLessThan(400);
      const { calls, gap } = await other.calls();
      if (gap !== undefined)
        console.info(
          `${name}: ${calls} calls of the vault; its tokens were in hand for ${gap.toFixed(2)} ms before they were written`,
        );
      await client.post(`${other.origin}/logout`, { accept: "application/json" });

      const points = Array.from({ length: calls }, (_, index) => [
        { call: index + 1, when: "before" as const },
        { call: index + 1, when: "after" as const },
      ])
        .flat()
        .filter(isOfSample);
      let kills = 0;
      let losses = 0;
      const failures: string[] = [];
      const killed: { client: Client; where: string }[] = [];
      /** @returns whether the process has come to that call: where Notion's answer was late, it has not */
      const tryOnce = async (point: (typeof points)[number]) => {
        const app = await lab.start();
        const browser = new Client(app.origin);
        const request = await begin(lab, app, browser);
        const before = browser.copy();
        await app.arm(point);
        await unlessKilled(request());
        const isKilled = await eventually(() => !app.isAlive, "", 10_000).then(
          () => true,
          () => false,
        );
        await app.kill();
        if (app.lostTokens) losses += 1;
        for (const one of [before, browser]) killed.push({ client: one, where: `${point.when} call ${point.call}` });
        return isKilled;
      };
      const tryOne = async (point: (typeof points)[number]) => {
        for (let time = 0; time < TIMES; time += 1) {
          if (!(await tryOnce(point))) continue;
          kills += 1;
          return;
        }
      };
      for (let index = 0; index < points.length; index += AT_ONCE)
        await Promise.all(points.slice(index, index + AT_ONCE).map(tryOne));
      // The gap between Notion's answer and the write: the one place where a kill may lose tokens.
      const { orphans } = await lab.judge();
      expect(orphans.length).toBeLessThanOrEqual(losses);
      if (name === "a logout") expect(losses).toBe(0);
      for (const { client: one, where } of killed) {
        const answer = await one.post(`${other.origin}/logout`, { accept: "application/json" });
        if (answer.status !== 200) failures.push(`${where}: ${answer.status}`);
        const state = await one.get(`${other.origin}/state`);
        if (state.json().connected !== false) failures.push(`${where}: works after the logout`);
      }
      await lab.makeDue("arriving", "ending");
      await eventually(async () => (await lab.judge()).unfinished === 0, "the end of what waits").catch(() =>
        failures.push("unfinished"),
      );
      const verdict = await lab.judge();
      const lost = verdict.orphans.filter((one) => !orphans.includes(one));
      console.info(`${name}: ${kills} kills at ${points.length} points, ${losses} with tokens in hand`);
      expect([failures, lost, verdict.taken, kills], `CRASH_SEED=${SEED}`).toEqual([[], [], [], points.length]);
    },
  );

  test("a worker killed at each of its calls: another one ends what has expired", TIME, async () => {
    const lab = await openLab({ vault, options: { timeout: 500 } });
    const web = await lab.start();
    await Promise.all(Array.from({ length: 40 }, () => lab.logIn(new Client(web.origin), web)));
    await web.kill();
    for (let call = isSampled ? 1 + (SEED % 2) : 1; call <= 6; call += isSampled ? 2 : 1) {
      const worker = await lab.start({ worker: true });
      await worker.arm({ call, when: call % 2 === 0 ? "before" : "after" });
      // Their sessions have expired, and the lease of the worker before is over.
      await lab.makeDue("held", "ending");
      await eventually(() => !worker.isAlive, "the death of the worker");
    }
    await lab.makeDue("held", "ending");
    const [one, two] = [await lab.start({ worker: true }), await lab.start({ worker: true })];
    await eventually(() => lab.emulator.activeTokens().length === 0, "the end of all tokens");
    await eventually(async () => (await lab.judge()).unfinished === 0, "the end of all entries");
    await Promise.all([one.kill(), two.kill()]);
  });

  test("crash loops during logouts: every token dies in the end", TIME, async () => {
    const lab = await openLab({ vault, options: { timeout: 500, logoutMode: "background" } });
    lab.emulator.fault("revoke", { delay: 30 });
    const next = await lab.start();
    for (let loop = 1; loop <= (isSampled ? 2 : 10); loop++) {
      const app = await lab.start();
      const clients = Array.from({ length: 4 }, () => new Client(app.origin));
      await Promise.all(clients.map((client) => lab.logIn(client, app)));
      const answers = clients.map((client) =>
        unlessKilled(client.post(`${app.origin}/logout`, { accept: "application/json" })),
      );
      await Promise.race(answers);
      await app.kill();
      for (const client of clients)
        expect((await client.post(`${next.origin}/logout`, { accept: "application/json" })).status).toBe(200);
    }
    await lab.makeDue("ending");
    await eventually(() => lab.emulator.activeTokens().length === 0, "the end of all tokens");
    const { orphans, taken } = await lab.judge();
    expect([orphans, taken]).toEqual([[], []]);
  });

  test("SIGSTOP in the middle of an exchange: a 504 or a finished login, and late tokens die", TIME, async () => {
    await Promise.all([stopInExchange({ ms: 1500, timeout: 400 }), stopInExchange({ ms: 6000, timeout: 5000 })]);
  });

  async function stopInExchange({ ms, timeout }: { ms: number; timeout: number }): Promise<void> {
    const lab = await openLab({ vault, options: { timeout } });
    const app = await lab.start();
    const stopped: Promise<void>[] = [];
    lab.emulator.on("token", ({ kind }) => {
      if (kind !== "access" || stopped.length > 0) return;
      // At the moment at which Notion issues the tokens, before its answer is read.
      app.child.kill("SIGSTOP");
      stopped.push(delay(ms).then(() => void app.child.kill("SIGCONT")));
    });
    const client = new Client(app.origin);
    const answer = await lab.logIn(client, app);
    await Promise.all(stopped);
    // A 503 where the vault or the session store was late, on a machine that is busy.
    expect([303, 503, 504], answer.body).toContain(answer.status);
    const state = await client.get(`${app.origin}/state`);
    expect(state.json().connected).toBe(answer.status === 303);
    if (answer.status !== 303)
      await eventually(() => lab.emulator.activeTokens().length === 0, "the end of the late tokens");
    await eventually(async () => (await lab.judge()).unfinished === 0, "rest");
    const { orphans, taken } = await lab.judge();
    expect([orphans, taken]).toEqual([[], []]);
  }
});
