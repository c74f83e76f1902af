import { delay, eventually } from "../../support/app.js";
import { type Answer, Client } from "../../support/client.js";
import { answering, isConnected, json, unrest } from "./checks.js";
import type { KillableApp } from "./killable-app.js";
import type { Lab } from "./lab.js";
import { type Random, seededRandom } from "./random.js";

/** The longest that an answer may take, in ms, with a process that stands still meanwhile. */
const BOUND = 20_000;
/** The longest that one fault lasts, in ms. */
const LONGEST = 4000;
/** What a request may be answered with: never a 500. */
const ANSWERS: readonly number[] = [200, 302, 303, 400, 401, 409, 502, 503, 504];

export interface History {
  readonly log: readonly string[];
  /** What broke the promise. */
  readonly broken: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** A random history of browsers on three processes, their database, and the faults of all of them and of Notion. */
export async function runHistory(lab: Lab, seed: number, steps: number): Promise<History> {
  const { emulator } = lab;
  const random = seededRandom(seed);
  const log: string[] = [];
  const broken: string[] = [];
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  emulator.configure({
    refreshKillsAccessToken: random.chance(0.5),
    revokeKillsRefreshToken: random.chance(0.5),
    refreshReplay: random.pick(["invalid_grant", "kill_family"]),
  });
  const apps = await Promise.all([lab.start(), lab.start(), lab.start()]);
  const browsers = Array.from({ length: 5 }, () => ({ client: new Client("http://127.0.0.1") }));
  const loggedOut: { readonly old: Client; readonly at: number }[] = [];
  /** Tokens that stood nowhere when a process had been killed. */
  const lost = new Set<string>();
  /** Those that something happens to. */
  const struck = new Set<KillableApp>();
  /** The database does not die while it is read here. */
  let database = Promise.resolve();
  const alone = (run: () => Promise<void>): Promise<void> => {
    database = database.then(run);
    return database;
  };

  async function send(client: Client, method: string, path: string): Promise<Answer | undefined> {
    const app = random.pick(apps);
    const there = client.copy();
    const isLate = Symbol("late");
    const asked = there.request(app.origin + path, { method, ...json }).catch(() => undefined);
    const answer = await Promise.race([asked, delay(BOUND).then(() => isLate)]);
    if (typeof answer === "symbol") broken.push(`no answer to ${method} ${path}`);
    else if (answer === undefined) {
      if (app.isAlive)
        await eventually(() => !app.isAlive, "the death of the app").catch(() => broken.push(`${path} was cut off`));
    } else {
      count(`${answer.status}`);
      if (!ANSWERS.includes(answer.status)) broken.push(`${answer.status} ${answer.body} for ${method} ${path}`);
      client.cookies.clear();
      for (const [name, value] of there.cookies) client.cookies.set(name, value);
      return answer;
    }
    return undefined;
  }

  const callbackOf = async (client: Client) => {
    const login = await send(client, "GET", "/login");
    if (login?.status !== 302) return undefined;
    const who = { user: random.pick(emulator.users).id, workspace: random.pick(emulator.workspaces).id };
    const { pathname, search } = new URL(await emulator.authorize(login.location, who));
    return pathname + search;
  };
  const twice = (client: Client, method: string, path: string) =>
    Promise.all([send(client.copy(), method, path), send(client, method, path)]);
  const browser = () => random.pick(browsers).client;

  async function logOut(client: Client): Promise<void> {
    const old = client.copy();
    if ((await send(client, "POST", "/logout"))?.status !== 200) return;
    count("logouts");
    loggedOut.push({ old, at: log.length });
    // On whatever process, from this moment on.
    const state = await send(old.copy(), "GET", "/state");
    if (state?.status === 200 && state.json().connected !== false)
      broken.push(`works after the logout at ${log.length}`);
  }

  /** Lets something happen to a process that is well, for a while. */
  async function strike(name: string, begin: (app: KillableApp) => unknown, end: (app: KillableApp) => unknown) {
    const well = apps.filter((app) => !struck.has(app));
    if (well.length === 0) return;
    const app = random.pick(well);
    struck.add(app);
    count(name);
    begin(app);
    await delay(300 + random.below(LONGEST - 300));
    await end(app);
    struck.delete(app);
  }

  const faults = {
    SIGKILL: () =>
      strike(
        "kills",
        (app) => app.child.kill("SIGKILL"),
        async (app) => {
          apps[apps.indexOf(app)] = await lab.start();
          await alone(async () => {
            for (const orphan of (await lab.judge()).orphans) lost.add(orphan);
          });
        },
      ),
    SIGSTOP: () =>
      strike(
        "stops",
        (app) => app.child.kill("SIGSTOP"),
        (app) => app.child.kill("SIGCONT"),
      ),
    partition: () => {
      const how = random.pick(["cut", "requests", "answers"] as const);
      const what = random.pick(["late", "lost"] as const);
      return strike(
        "partitions",
        ({ network }) => (how === "cut" ? network.cut() : network.hold(how)),
        ({ network }) => network.heal(what),
      );
    },
    "kill of the database": () =>
      alone(async () => {
        count("kills of the database");
        await lab.database.kill();
        await delay(random.below(2000));
        await lab.database.restart();
      }),
    "Notion fault": async () => {
      count("faults of Notion");
      const fault = random.pick([{ hang: true }, { status: 429, retryAfter: 1 }, { status: 503 }]);
      // A fault of the token endpoint issues no tokens.
      emulator.fault(random.pick(["revoke", "revoke", "introspect", "token"]), {
        ...fault,
        times: 1 + random.below(3),
      });
    },
  };
  const commands: Record<string, () => Promise<unknown>> = {
    ...faults,
    "log in": async () => {
      const client = browser();
      const callback = await callbackOf(client);
      if (callback !== undefined && (await send(client, "GET", callback))?.status === 303) count("logins");
    },
    "log in twice": async () => {
      const client = browser();
      const callback = await callbackOf(client);
      if (callback !== undefined) await twice(client, "GET", callback);
    },
    use: () => send(browser(), "GET", "/state"),
    refresh: () => send(browser(), "GET", "/refresh"),
    "refresh twice": () => twice(browser(), "GET", "/refresh"),
    "log out": () => logOut(browser()),
    "log out and refresh": async () => {
      const client = browser();
      await Promise.all([send(client.copy(), "GET", "/refresh"), logOut(client)]);
    },
    disconnect: () => send(browser(), "POST", "/disconnect"),
  };
  const deck = deckOf(random, steps);

  const running = new Set<Promise<unknown>>();
  for (const name of deck) {
    log.push(name);
    const done = commands[name]!().catch((error: unknown) => void broken.push(`${name}: ${error}`));
    running.add(done);
    void done.finally(() => running.delete(done));
    if (random.chance(0.3)) await done;
    else await delay(random.below(120));
  }
  await Promise.all(running);
  emulator.clearFaults();
  await Promise.all(apps.map((app) => answering(lab, app)));
  for (const app of apps) if (!app.isAlive) broken.push("a process ended");
  for (const { old, at } of loggedOut)
    for (const app of apps) if (await isConnected(app, old)) broken.push(`works at the end, after the logout at ${at}`);
  broken.push(...(await unrest(lab, lost)));
  // In the end every session expires.
  await lab.makeDue("held");
  const alive = () => new Set(emulator.activeTokens().map(({ family, issuedAt }) => `${family} ${issuedAt}`));
  const outliving = () => [...alive()].filter((one) => !lost.has(one));
  await eventually(() => outliving().length === 0, "the end of all sessions", 30_000).catch(() => {});
  broken.push(...outliving().map((one) => `${one} outlives its session`), ...(await unrest(lab, lost)));
  counts["lost by kills"] = alive().size;
  counts.issued = emulator.tokens.length;
  return { log, broken, counts };
}

const weights = {
  "log in": 24,
  "log in twice": 5,
  use: 8,
  refresh: 12,
  "refresh twice": 5,
  "log out": 12,
  "log out and refresh": 5,
  disconnect: 5,
  SIGKILL: 4,
  SIGSTOP: 4,
  partition: 6,
  "kill of the database": 3,
  "Notion fault": 6,
};

/** What happens, in its order: three logins first. */
function deckOf(random: Random, steps: number): string[] {
  const all = Object.entries(weights).flatMap(([name, weight]) => Array.from({ length: weight }, () => name));
  return Array.from({ length: steps }, (_, step) => (step < 3 ? "log in" : random.pick(all)));
}
