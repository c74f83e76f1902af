import session from "express-session";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../src/emulator/index.js";
import { inProcessLock, memoryQueue } from "../../src/index.js";
import { delay } from "../support/app.js";
import { Client } from "../support/client.js";
import { scale } from "./support/lab.js";
import { type MortalApp, mortalApp } from "./support/mortal-app.js";
import { seededRandom } from "./support/random.js";
import { Schedule } from "./support/schedule.js";

/** Ceilings, in ms and in looks: the order of the steps is the point, not how fast a busy machine takes them. */
const TIME = 180_000 * scale;
const PATIENCE = 200;

let ahead = 0;
const realNow = Date.now.bind(Date);
beforeEach(() => {
  ahead = 0;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + ahead);
});
afterEach(() => void vi.restoreAllMocks());

/** What happens to one session at the same time, on which of two processes. */
const pairs = [
  ["work", "logout"],
  ["refresh", "logout"],
  ["work", "disconnect"],
  ["refresh", "disconnect"],
  ["slow", "logout"],
  ["slow", "disconnect"],
  ["disconnect", "logout"],
  ["login", "logout"],
  ["login", "refresh"],
  ["login", "slow"],
  ["refresh", "work"],
] as const;
type Request = (typeof pairs)[number][number];

for (const sharedLock of [true, false]) {
  describe(sharedLock ? "two processes with a lock" : "two processes without a shared lock", () => {
    const schedule = new Schedule();
    const store = new session.MemoryStore();
    let emulator: NotionEmulator;
    let apps: readonly MortalApp[];

    beforeAll(async () => {
      emulator = createNotionEmulator({
        behaviour: { revokeKillsRefreshToken: false, refreshKillsAccessToken: false },
      });
      await emulator.start();
      const shared = {
        store,
        queue: memoryQueue({ now: () => Date.now() }),
        lock: sharedLock ? inProcessLock() : undefined,
        notionUrl: emulator.url,
        redirectUri: "http://127.0.0.1:1/auth/notion/callback",
        options: { timeout: 3000, logoutTimeout: 2000 },
        session: { cookie: { maxAge: 86_400_000 } },
        secured: new Set<string>(),
        pause: schedule.pause,
        enter: schedule.enter,
      };
      apps = [await mortalApp(shared), await mortalApp(shared)];
      for (const { origin } of apps) await new Client(origin).get("/state");
    });
    afterAll(async () => {
      await Promise.all(apps.map((app) => app.close()));
      await emulator.close();
    });

    async function callbackOf(client: Client, origin: string): Promise<string> {
      const login = await client.get(`${origin}/login`);
      const callback = new URL(await emulator.authorize(login.location));
      return callback.pathname + callback.search;
    }

    /** Runs the requests on one fresh session and says what is left alive of it. */
    async function together(
      requests: readonly Request[],
      choose: (step: number, taken: Readonly<Record<string, number>>) => string,
      name: string,
    ): Promise<Record<string, number>> {
      const client = new Client(apps[0]!.origin);
      const answer = await client.get(await callbackOf(client, apps[0]!.origin));
      expect(answer.status).toBe(303);
      const again = requests.includes("login") ? await callbackOf(client, apps[0]!.origin) : "";
      if (requests.includes("work")) {
        for (const { value, kind } of emulator.activeTokens()) if (kind === "access") emulator.expireAccessToken(value);
      }
      const before = client.copy();
      const browsers: Client[] = [before];
      const answers: Partial<Record<Request, number>> = {};
      const send = (request: Request, index: number) => async () => {
        const browser = client.copy();
        browsers.push(browser);
        const { origin } = apps[index % 2] as MortalApp;
        const options = { headers: { "x-actor": request }, accept: "application/json" };
        const sent = {
          work: () => browser.get(`${origin}/me`, options),
          refresh: () => browser.get(`${origin}/refresh`, options),
          slow: () => browser.get(`${origin}/slow/0`, options),
          login: () => browser.get(origin + again, options),
          logout: () => browser.post(`${origin}/logout`, options),
          disconnect: () => browser.post(`${origin}/disconnect`, options),
        };
        answers[request] = (await sent[request]()).status;
      };
      const taken = await schedule.run(
        Object.fromEntries(requests.map((request, index) => [request, send(request, index)])),
        choose,
      );
      const context = `${requests.join(" + ")}, ${name}: ${JSON.stringify(answers)} ${JSON.stringify(taken)}`;

      for (const [request, status] of Object.entries(answers)) {
        expect([status < 500 || (status === 503 && request !== "logout" && request !== "disconnect"), context]).toEqual(
          [true, context],
        );
      }
      if (requests.includes("logout")) {
        for (const { origin } of apps)
          expect([(await before.copy().get(`${origin}/state`)).json().connected, context]).toEqual([false, context]);
      }
      // What is queued dies within seconds. The guards would only look after a minute: they do not help here.
      const isConnected = async () => {
        for (const browser of browsers) {
          const state = await browser.copy().get(`${apps[0]!.origin}/state`);
          if (state.json().connected === true) return true;
        }
        return false;
      };
      const families = requests.includes("login") || !(await isConnected()) ? 0 : 1;
      const loggedInAgain = requests.includes("login") && (await isConnected());
      for (let tries = 0; tries < PATIENCE; tries += 1) {
        const alive = new Set(emulator.activeTokens().map(({ family }) => family));
        if (alive.size <= (loggedInAgain ? 1 : families)) break;
        ahead += 3000;
        await delay(25);
      }
      const alive = new Set(emulator.activeTokens().map(({ family }) => family));
      expect([alive.size <= (loggedInAgain ? 1 : families), context]).toEqual([true, context]);
      // The next session begins with nothing alive.
      for (const browser of browsers) {
        for (const { origin } of apps) await browser.post(`${origin}/logout`, { accept: "application/json" });
      }
      for (let tries = 0; tries < PATIENCE && emulator.activeTokens().length > 0; tries += 1) {
        ahead += 3000;
        await delay(25);
      }
      expect([emulator.activeTokens(), context]).toEqual([[], context]);
      return taken;
    }

    /** The first goes on for so many steps, then the other for so many, then both to their ends. */
    const interrupted =
      (first: string, second: string, i: number, j: number) =>
      (_step: number, taken: Readonly<Record<string, number>>) =>
        (taken[first] ?? 0) < i ? first : (taken[second] ?? 0) < j ? second : first;

    // The lock is for refreshes.
    test.each(pairs.filter(([one]) => scale > 1 || !sharedLock || one === "work" || one === "refresh"))(
      "%s and %s, interrupted at every step",
      async (a, b) => {
        for (const [first, second] of [
          [a, b],
          [b, a],
        ] as const) {
          let steps = Number.POSITIVE_INFINITY;
          for (let i = 0; i < steps; i += 1) {
            const ends = scale > 1 ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99] : [99];
            for (const j of ends) {
              const taken = await together(
                [a, b],
                interrupted(first, second, i, j),
                `${first} for ${i} steps, then ${second} for ${j}`,
              );
              steps = Math.min(taken[first] ?? 0, 40);
            }
          }
        }
      },
      TIME,
    );

    const seeds =
      process.env.CRASH_SEED === undefined
        ? Array.from({ length: 15 * scale }, (_, index) => index + 1)
        : [Number(process.env.CRASH_SEED)];
    test(
      "three and four at once, in any order",
      async () => {
        for (const seed of seeds) {
          const random = seededRandom(seed);
          const all: Request[] = ["work", "refresh", "slow", "logout", "disconnect", "login"];
          const requests = Array.from(
            { length: 3 + random.below(2) },
            () => all.splice(random.below(all.length), 1)[0]!,
          );
          await together(requests, () => random.pick(requests), `CRASH_SEED=${seed}`);
        }
      },
      TIME,
    );
  });
}
