import { expect, onTestFinished, test } from "vitest";
import { Client } from "../support/client.js";
import { describeWithService } from "../support/services.js";
import type { AppProcess } from "./support/app-process.js";
import { delay, openLab, scale } from "./support/lab.js";
import { seededRandom } from "./support/random.js";

const seeds =
  process.env.CRASH_SEED === undefined
    ? Array.from({ length: scale }, (_, index) => index + 1)
    : [Number(process.env.CRASH_SEED)];
const MAX_AGE = 4000;
const COMMANDS = 60 + 10 * Math.min(scale, 10);

describeWithService("redis", "a history over two real processes that are killed at random", () => {
  test.each(seeds)(
    "leaves no orphan but what died unseen: seed %i (replay with CRASH_SEED)",
    async (seed) => {
      const random = seededRandom(seed);
      const queue = seed % 2 === 1 ? "directory" : "redis";
      const lab = await openLab({ queue, processes: 2, maxAge: MAX_AGE });
      onTestFinished(() => lab.close());
      const browsers = Array.from({ length: 6 }, () => new Client(lab.apps[0]!.origin));
      const loggedOut: Client[] = [];
      const app = () => random.pick(lab.apps) as AppProcess;
      /** Requests in which Notion may issue tokens, while they run. */
      let grants = 0;
      /** How many of them were running when a process died. */
      let atRisk = 0;
      const granting = async (request: Promise<unknown>) => {
        grants += 1;
        await request.catch(() => {});
        grants -= 1;
      };
      const restarts = new Map<AppProcess, Promise<void>>();
      const commands = {
        logIn: () => granting(lab.logIn(random.pick(browsers), app())),
        refresh: () => granting(random.pick(browsers).get(`${app().origin}/refresh`)),
        work: () => random.pick(browsers).get(`${app().origin}/state`),
        disconnect: () => random.pick(browsers).post(`${app().origin}/disconnect`),
        async logOut() {
          const client = random.pick(browsers);
          const old = client.copy();
          const answer = await client.post(`${app().origin}/logout`, { accept: "application/json" });
          if (answer.status === 200) loggedOut.push(old);
        },
        async kill() {
          const victim = app();
          if (restarts.has(victim)) return;
          atRisk += grants;
          victim.kill();
          const restarted = victim.ended().then(() => victim.start());
          restarts.set(victim, restarted);
          await restarted;
          restarts.delete(victim);
        },
      };
      const names = ["logIn", "logIn", "logIn", "refresh", "refresh", "work", "logOut", "disconnect"] as const;
      const running: Promise<unknown>[] = [];
      for (let step = 0; step < COMMANDS; step += 1) {
        const name = step % 15 === 14 ? "kill" : random.pick(names);
        const done = Promise.resolve(commands[name]()).catch(() => {});
        running.push(done);
        if (random.chance(0.4)) await Promise.race([done, delay(1000)]);
        else await delay(random.below(40));
      }
      await Promise.all(running);

      for (const { origin } of lab.apps) {
        for (const old of loggedOut) {
          const state = await old.copy().get(`${origin}/state`);
          expect([state.status, state.json().connected]).toEqual([200, false]);
        }
      }
      const left = new Set(await lab.orphans(4 * MAX_AGE + 15_000));
      const issued = lab.emulator.tokens;
      const unseen = issued.filter(({ kind, value }) => kind === "access" && !lab.wasSecured(value));
      const orphans = [...left].filter(
        (token) =>
          !unseen.some(({ family, issuedAt }) =>
            issued.some(
              (one) => one.value === token && one.family === family && Math.abs(one.issuedAt - issuedAt) <= 5,
            ),
          ),
      );
      const kills = lab.apps.reduce((sum, { kills: some }) => sum + some, 0);
      console.info(
        `seed ${seed} on ${queue}: ${kills} kills, ${issued.length} tokens issued, ${unseen.length} pairs died unseen (${atRisk} requests were at risk), ${orphans.length} orphans`,
      );
      expect(orphans).toEqual([]);
      expect(unseen.length).toBeLessThanOrEqual(atRisk);
    },
    120_000,
  );
});
