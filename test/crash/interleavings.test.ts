import { expect, onTestFinished, test, vi } from "vitest";
import { type Behaviour, createNotionEmulator } from "../../src/emulator/index.js";
import type { NotionOAuthOptions } from "../../src/index.js";
import type { Answer, Client } from "../support/client.js";
import { virtualClock } from "./support/clock.js";
import { serverOf } from "./support/memory-network.js";
import { tryOrders } from "./support/orders.js";
import { scale } from "./support/random.js";
import { LIFE, openWorld, type World } from "./support/world.js";

/** Orders that are tried of one set of operations; `CRASH_ROUNDS=10` for ten times as many. */
const LIMIT = Number(process.env.CRASH_ORDERS ?? 250) * scale;
const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 1e6));
const ADA = "Ada Lovelace";
const GRACE = "Grace Hopper";

// The same ids in each run: which of two entries has the smaller one must not be a matter of chance.
const drawn = vi.hoisted(() => ({ count: 0 }));
vi.mock("node:crypto", async (original) => {
  const crypto = await original<typeof import("node:crypto")>();
  const randomBytes = (size: number) => {
    drawn.count += 1;
    return Buffer.alloc(size, crypto.createHash("sha512").update(`${drawn.count}`).digest());
  };
  return { ...crypto, randomBytes };
});

/** Something that happens to a session, ready to begin. */
type Act = () => Promise<Answer | undefined>;
/** Makes it ready: which process serves it, and by whose name its steps go. */
type Operation = (world: World, browser: Client, actor: string, process: number) => Promise<Act>;

const request =
  (method: "GET" | "POST", path: string): Operation =>
  async (world, browser, actor, process) =>
    () =>
      world.at(browser, process).request(path, { method, accept: "application/json", headers: { "x-actor": actor } });

const login =
  (who: { user?: string; workspace?: string } = {}): Operation =>
  async (world, browser, actor, process) => {
    const callback = await world.callback(browser, who);
    const client = world.at(browser, process);
    return async () => {
      const answer = await client.get(callback, { headers: { "x-actor": actor } });
      for (const [name, value] of client.cookies) browser.cookies.set(name, value);
      return answer;
    };
  };

const operations = {
  logout: request("POST", "/logout"),
  disconnect: request("POST", "/disconnect"),
  refresh: request("GET", "/refresh"),
  use: request("GET", "/me"),
  "slow request": request("GET", "/slow"),
  "app's own regenerate": request("GET", "/regenerate"),
  "same bot again": login(),
  "second workspace": login({ workspace: "Home" }),
  "another account": login({ user: GRACE }),
  worker: async (world: World) => () => world.workerTurn().then(() => undefined),
  revokeAll: async (world: World, _browser: Client, _actor: string, process: number) => async () => {
    const { botId } = world.emulator.activeTokens()[0]!;
    await world.processes[process]!.notion.revokeAll({ botId });
    return undefined;
  },
} satisfies Record<string, Operation>;
type Name = keyof typeof operations;

const isLogin = (name: string) => ["same bot again", "second workspace", "another account"].some((one) => name.startsWith(one));

interface Scene {
  readonly behaviour?: Partial<Behaviour>;
  readonly options?: Partial<NotionOAuthOptions>;
  /** Brings the session of the browser to where it begins. @returns browsers that some of the actors use instead */
  readonly before?: (world: World, browser: Client) => Promise<Partial<Record<string, Client>> | void>;
  /** What must be true besides. */
  readonly after?: (world: World, answers: Readonly<Record<string, Answer | undefined>>, browsers: Readonly<Record<string, Client>>, context: string) => Promise<void>;
}

/** Carries out all orders of the operations on one session, each on a process of its own, and judges each. */
async function interleave(names: readonly Name[], { behaviour = {}, options = {}, before, after }: Scene = {}): Promise<void> {
  const emulator = createNotionEmulator({ behaviour: { revokeKillsRefreshToken: false, refreshKillsAccessToken: false, ...behaviour } });
  const notionServer = await serverOf(() => emulator.start());
  onTestFinished(() => emulator.close());
  const clock = virtualClock();
  const world = await openWorld({ clock, emulator, notionServer, processes: 2, options });
  onTestFinished(() => world.end());
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  onTestFinished(() => void process.off("unhandledRejection", onRejection));

  const started = process.hrtime.bigint();
  const tried = await tryOrders({ limit: LIMIT, seed: SEED }, async (choose) => {
    drawn.count = 0;
    await world.reset();
    emulator.configure({ revokeKillsRefreshToken: false, refreshKillsAccessToken: false, ...behaviour });
    const browser = world.browser();
    expect((await world.logIn(browser)).status).toBe(303);
    const others = (await before?.(world, browser)) ?? {};
    const browsers: Record<string, Client> = {};
    const acts: Record<string, Act> = {};
    for (const [index, name] of names.entries()) {
      const actor = names.indexOf(name) === index ? name : `${name} #2`;
      browsers[actor] = (others[actor] ?? browser).copy();
      acts[actor] = await operations[name](world, browsers[actor], actor, index % 2);
    }
    const answers: Record<string, Answer | undefined> = {};
    const { gates } = world;
    const isOfInterest = await gates.run(
      clock,
      Object.fromEntries(Object.entries(acts).map(([actor, act]) => [actor, async () => void (answers[actor] = await act())])),
      choose,
    );
    if (!isOfInterest) {
      await world.drain();
      return () => {};
    }
    const isOut = !Object.values(answers).some((answer, index) => names[index] === "logout" && answer?.status !== 200);
    const works = isOut && names.includes("logout") ? await workingAfterLogout(world, browser, browsers, others) : [];
    await world.drain();
    const { judge } = world;
    const verdict = { works, orphans: judge.orphans(), taken: judge.taken(), replayed: judge.replayed(), rejections };
    const statuses = Object.fromEntries(Object.entries(answers).map(([actor, answer]) => [actor, answer && `${answer.status} ${answer.body.slice(0, 60)}`]));
    const context = `CRASH_SEED=${SEED} ${JSON.stringify(statuses)}\n  ${gates.trace.join("\n  ")}`;
    const extra = await after?.(world, answers, { ...others, ...browsers } as Record<string, Client>, context).then(
      () => undefined,
      (error: unknown) => error,
    );
    return () => {
      expect(verdict, context).toEqual({ works: [], orphans: [], taken: [], replayed: [], rejections: [] });
      for (const answer of Object.values(answers)) if (answer) expect(answer.status, context).toBeLessThan(500);
      if (extra !== undefined) throw extra;
    };
  });
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  console.info(
    `${names.join(" x ")}: ${tried.orders} orders${tried.isAll ? ", all there are" : ""}, ${tried.redundant} redundant, ${(ms / (tried.orders + tried.redundant)).toFixed(1)} ms each`,
  );
}

/** What of a session that was logged out still works. A login that found no session any more, or one that was over, is a new one. */
async function workingAfterLogout(world: World, browser: Client, browsers: Record<string, Client>, others: object): Promise<string[]> {
  const works: string[] = [];
  if (await world.isConnected(browser)) works.push("the old cookie");
  for (const [actor, client] of Object.entries(browsers)) {
    const steps = world.gates.trace.filter((step) => step.startsWith(`${actor}: `)).map((step) => step.slice(actor.length + 2));
    const foundOver = steps.indexOf("destroys the session") >= 0 && steps.indexOf("destroys the session") < steps.indexOf("insert state");
    const isNew = isLogin(actor) && (!world.read.has(actor) || foundOver);
    if (!isNew && !(actor in others) && (await world.isConnected(client))) works.push(actor);
  }
  return works;
}

const TIME = 120_000 * scale;

test.each<[Name, Name]>([
  ["logout", "refresh"],
  ["logout", "second workspace"],
  ["logout", "same bot again"],
  ["logout", "another account"],
  ["logout", "logout"],
  ["logout", "use"],
  ["logout", "slow request"],
  ["logout", "disconnect"],
])("%s x %s: whatever the order, nothing of the session works after the logout", (a, b) => interleave([a, b]), TIME);

test.each<[Name, Name]>([
  ["disconnect", "refresh"],
  ["revokeAll", "refresh"],
  ["disconnect", "second workspace"],
  ["second workspace", "refresh"],
])("%s x %s: whatever the order, each token is held or dies", (a, b) => interleave([a, b]), TIME);

/** The token that the session gives works. */
async function expectWorking(world: World, browser: Client | undefined, context: string): Promise<void> {
  const me = await world.clock.await(browser!.get("/me", { accept: "application/json" }));
  expect(`${me.status} ${me.body}`, context).toBe('200 {"works":true}');
}

test("refresh x refresh on two processes: both get a working token, and each refresh token is sent once", () =>
  interleave(["refresh", "refresh"], {
    async after(world, answers, browsers, context) {
      for (const answer of Object.values(answers)) expect(`${answer?.status} ${answer?.body}`, context).toBe('200 {"works":true}');
      await expectWorking(world, browsers.refresh, context);
    },
  }), TIME);

test.each<[Name, Name]>([
  ["second workspace", "second workspace"],
  ["same bot again", "second workspace"],
  ["another account", "second workspace"],
])("%s x %s: one of two logins of one session stands, and works", (a, b) =>
  interleave([a, b], {
    async after(world, answers, browsers, context) {
      const stood = Object.entries(answers).filter(([, answer]) => answer?.status === 303);
      expect(stood.length, context).toBeGreaterThan(0);
      for (const [actor] of stood.slice(-1)) await expectWorking(world, browsers[actor], context);
    },
  }), TIME);

/** Nobody has used the session for so long that a worker may end its connection. */
const neglected = async (world: World) => world.jump(LIFE * 1.3);

test("use x worker: a session that is used while it expires keeps its connection, or never gets it", () =>
  interleave(["use", "worker"], {
    before: neglected,
    async after(world, answers, browsers, context) {
      if (answers.use?.status !== 200) return expect(await world.isConnected(browsers.use!), context).toBe(false);
      await expectWorking(world, browsers.use, context);
    },
  }), TIME);

test.each<[Name, Name, Name]>([
  ["use", "worker", "worker"],
  ["use", "refresh", "worker"],
])("%s x %s x %s: a session that is used while it expires keeps its connection, or never gets it", (a, b, c) =>
  interleave([a, b, c], {
    before: neglected,
    async after(world, answers, browsers, context) {
      if (answers.use?.status === 200) await expectWorking(world, browsers.use, context);
    },
  }), TIME);

test("worker x worker: an expired connection ends once", () =>
  interleave(["worker", "worker"], {
    before: neglected,
    async after(world, _answers, _browsers, context) {
      expect(world.emulator.activeTokens(), context).toEqual([]);
      expect(world.emulator.count("revoke"), context).toBe(2);
    },
  }), TIME);

test.each<Name[][]>([[["logout", "use"]], [["logout", "use", "slow request"]]])(
  "%s after the app regenerated its session by itself: nothing works after the logout",
  (names) =>
    interleave(names, {
      async before(world, browser) {
        await world.clock.await(browser.get("/regenerate"));
      },
    }),
  TIME,
);

const shared: Scene = { behaviour: { reauthorize: "same_token" } };

test("two sessions with one token, expiry of the one x use of the other: the other works on", () =>
  interleave(["worker", "use"], {
    ...shared,
    async before(world) {
      const other = world.browser();
      world.jump(LIFE * 0.8);
      await world.logIn(other);
      world.jump(LIFE * 0.6);
      return { use: other };
    },
    after: (world, _answers, browsers, context) => expectWorking(world, browsers.use, context),
  }), TIME);

test.each<[Name, Name]>([
  ["worker", "same bot again"],
  ["logout", "same bot again"],
  ["disconnect", "same bot again"],
])("%s x a login in another browser that is handed the same token: it is held, or dies without being taken", (a, b) =>
  interleave([a, b], {
    ...shared,
    async before(world) {
      if (a === "worker") world.jump(LIFE * 1.3);
      return { [b]: world.browser() };
    },
  }), TIME);

test("refresh x refresh of two sessions with one pair: both get the new one, and it was asked for once", () =>
  interleave(["refresh", "refresh"], {
    ...shared,
    async before(world) {
      const other = world.browser();
      await world.logIn(other);
      return { "refresh #2": other };
    },
    async after(world, answers, browsers, context) {
      for (const answer of Object.values(answers)) expect(`${answer?.status} ${answer?.body}`, context).toBe('200 {"works":true}');
      for (const name of ["refresh", "refresh #2"]) await expectWorking(world, browsers[name], context);
    },
  }), TIME);

test.each<[Name, Name, Name]>([
  ["logout", "refresh", "second workspace"],
  ["logout", "refresh", "refresh"],
  ["logout", "second workspace", "another account"],
  ["logout", "slow request", "same bot again"],
])("%s x %s x %s: whatever the order, nothing of the session works after the logout", (a, b, c) => interleave([a, b, c]), TIME);
