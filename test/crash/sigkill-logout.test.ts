import { expect, onTestFinished, test } from "vitest";
import type { Client } from "../support/client.js";
import { describeWithService, startPostgres } from "../support/services.js";
import type { AppProcess } from "./support/app-process.js";
import { delay, type Lab, type LabOptions, openLab, scale } from "./support/lab.js";

/** At full scale 200 logouts at once. */
const LOGOUTS = Math.min(200, 30 * scale);
const KILLS = scale > 1 ? 3 : 2;
const ROUNDS = Math.min(5, scale);
/** Long enough to log everybody in and out again, short enough to see all guards look. */
const MAX_AGE = scale > 1 ? 20_000 : 5000;
/** A record lives a quarter longer, the guards look every quarter, leases of killed workers last seven seconds. */
const ALL_GUARDS_LOOKED = MAX_AGE * 2 + 25_000;
const TIME = ALL_GUARDS_LOOKED + 120_000;

async function open(options: Omit<LabOptions, "maxAge">): Promise<Lab> {
  const lab = await openLab({ maxAge: MAX_AGE, ...options });
  onTestFinished(() => lab.close());
  return lab;
}

/** Logs so many browsers in, a few at a time, on all processes. */
async function browsers(lab: Lab, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  const logInSome = async (first: number) => {
    for (let index = first; index < count; index += 8)
      clients.push(await lab.browser(lab.apps[index % lab.apps.length]));
  };
  await Promise.all(Array.from({ length: Math.min(8, count) }, (_, first) => logInSome(first)));
  return clients;
}

interface LoggedOut {
  readonly client: Client;
  /** With the cookies as they were. */
  readonly old: Client;
  answered: boolean;
}

/** Every second browser tries until it has an answer, the others walk away from an error. */
function logOutAll(lab: Lab, clients: readonly Client[], signal: { stop: boolean }): Promise<LoggedOut[]> {
  return Promise.all(
    clients.map(async (client, index) => {
      const result: LoggedOut = { client, old: client.copy(), answered: false };
      for (let tries = 0; !result.answered && !signal.stop; tries += 1) {
        const { origin } = lab.apps[(index + tries) % lab.apps.length] as AppProcess;
        try {
          const answer = await client.post(`${origin}/logout`, { accept: "application/json" });
          result.answered = answer.status === 200;
        } catch {
          // Killed, or not up yet.
        }
        if (index % 2 === 1) break;
        await delay(50);
      }
      return result;
    }),
  );
}

/** Kills one process after the other at random moments, each time until it serves again. */
async function killAtRandom(lab: Lab, kills: number, within: number): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    await delay(Math.random() * within);
    const app = lab.apps[Math.floor(Math.random() * lab.apps.length)] as AppProcess;
    app.kill();
    await app.ended();
    await app.start();
  }
}

async function settle(lab: Lab, name: string, all: readonly LoggedOut[]): Promise<void> {
  for (const app of lab.apps) {
    for (const { old } of all.filter(({ answered }) => answered)) {
      const state = await old.copy().get(`${app.origin}/state`);
      expect([state.status, state.json().connected]).toEqual([200, false]);
    }
  }
  const issued = lab.emulator.tokens.length;
  const alive = lab.emulator.activeTokens().length;
  const orphans = await lab.orphans(ALL_GUARDS_LOOKED);
  const kills = lab.apps.reduce((sum, app) => sum + app.kills, 0);
  const answered = all.filter((one) => one.answered).length;
  console.info(
    `${name}: ${kills} kills, ${answered} of ${all.length} logouts answered, ${issued} tokens issued, ${alive} not dead at once, ${orphans.length} orphans`,
  );
  expect(orphans).toEqual([]);
}

/** Logins, then all logouts at once with `disturb` beside them; so many times. */
async function crash(
  name: string,
  lab: Lab,
  logouts: number,
  rounds: number,
  disturb: () => Promise<void>,
): Promise<void> {
  const all: LoggedOut[] = [];
  lab.emulator.fault("revoke", { probability: 0.5, delay: 150 });
  for (let round = 0; round < rounds; round += 1) {
    const clients = await browsers(lab, logouts);
    const signal = { stop: false };
    const ended = logOutAll(lab, clients, signal);
    await disturb();
    const giveUp = setTimeout(() => {
      signal.stop = true;
    }, 30_000);
    all.push(...(await ended));
    clearTimeout(giveUp);
  }
  lab.emulator.clearFaults();
  await settle(lab, name, all);
}

for (const [queue, processes] of [
  ["directory", 1],
  ["directory", 2],
  ["redis", 2],
] as const) {
  describeWithService("redis", `${processes} process(es) on a queue in ${queue}, killed at random moments`, () => {
    test(
      `${LOGOUTS} logouts at once leave no orphan`,
      async () => {
        const lab = await open({ queue, processes });
        await crash(`${queue} x ${processes}`, lab, LOGOUTS, ROUNDS, () => killAtRandom(lab, KILLS, 250));
      },
      TIME,
    );
  });
}

for (const queue of ["directory", "redis"] as const) {
  describeWithService("redis", `a queue in ${queue}`, () => {
    // In every loop the process dies while it logs out, and while it works on what the one before left.
    test(
      "ten crash loops in a row leave no orphan",
      async () => {
        const lab = await open({ queue });
        const clients = await browsers(lab, 10 * Math.min(4 * scale, 20));
        lab.emulator.fault("revoke", { probability: 0.3, delay: 300 });
        const all: LoggedOut[] = [];
        const signal = { stop: true };
        for (let loop = 0; loop < 10; loop += 1) {
          const batch = clients.splice(0, clients.length / (10 - loop));
          signal.stop = false;
          const ended = logOutAll(lab, batch, signal);
          await delay(20 + Math.random() * 250);
          lab.apps[0]!.kill();
          signal.stop = true;
          all.push(...(await ended));
          await lab.apps[0]!.ended();
          await lab.apps[0]!.start();
        }
        lab.emulator.clearFaults();
        await settle(lab, `ten loops on ${queue}`, all);
      },
      TIME,
    );
  });
}

describeWithService("redis", "Redis restarted in the middle, its append-only file on", () => {
  for (const queue of ["redis", "directory"] as const) {
    test(
      `leaves no orphan with a queue in ${queue}`,
      async () => {
        const lab = await open({ queue, processes: 2 });
        await crash(`Redis restarted, queue in ${queue}`, lab, LOGOUTS, 1, async () => {
          for (let restart = 0; restart < Math.min(scale, 4); restart += 1) {
            await delay(Math.random() * 200);
            await lab.redis.kill();
            await delay(300);
            const killed = killAtRandom(lab, 1, 300);
            await lab.redis.restart();
            await killed;
          }
        });
      },
      TIME,
    );
  }
});

describeWithService("redis", "with Redis for the sessions", () => {
  describeWithService("postgres", "PostgreSQL restarted in the middle", () => {
    test(
      "leaves no orphan",
      async () => {
        const server = await startPostgres();
        onTestFinished(() => server.close());
        const lab = await open({ queue: { connection: server.url, migrate: true } });
        await crash("PostgreSQL restarted", lab, LOGOUTS, 1, async () => {
          await delay(Math.random() * 300);
          await server.restart();
          await killAtRandom(lab, Math.min(scale, 3), 300);
        });
      },
      TIME,
    );
  });
});
