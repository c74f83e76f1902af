import { Passport } from "passport";
import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { NotionStrategy } from "../../src/passport/index.js";
import type { Answer, Client } from "../support/client.js";
import { type Clock, virtualClock } from "./support/clock.js";
import { serverOf } from "./support/memory-network.js";
import { oneIn, SEED } from "./support/random.js";
import { describeCall, hang, reject, type VaultCall } from "./support/watched-vault.js";
import { LIFE, openWorld, type World, type WorldOptions } from "./support/world.js";

/** The longest that an answer may take, in ms: a call to Notion, and two of a vault that hangs. */
const BOUND = 12_000;

/** One case of so many is tried: with an odd number of faults, each call meets every second one, and the next call the others. */
const isOfSample = oneIn(2);

/** What a vault does at one call, or from one call on. */
interface Fault {
  readonly before?: (clock: Clock) => unknown;
  readonly after?: (clock: Clock) => unknown;
  /** At all calls that follow, too, until the answer has come. */
  readonly lasts?: boolean;
}
const slowly = () => new Promise((resolve) => setTimeout(resolve, 2000));
const faults: Readonly<Record<string, Fault>> = {
  rejects: { before: reject },
  hangs: { before: hang },
  "is slow": { before: slowly },
  "loses its answer": { after: reject },
  "hangs after it has happened": { after: hang },
  "is away from then on": { before: reject, lasts: true },
  "hangs from then on": { before: hang, lasts: true },
};

interface Flow {
  /** Brings the browser to where the flow begins. @returns the request that is watched */
  readonly begin: (world: World, browser: Client) => Promise<() => Promise<Answer | undefined>>;
  /** The answer of success. */
  readonly ok: number;
  /** What else may be answered. */
  readonly others?: readonly number[];
  /** What must be true afterwards, with the vault back. */
  readonly after?: (world: World, browser: Client, isDone: boolean, before: Client) => Promise<void>;
  readonly world?: Partial<WorldOptions>;
}

const flow = { "x-actor": "flow" };
const get = (browser: Client, path: string) => browser.get(path, { accept: "application/json", headers: flow });
const post = (browser: Client, path: string) => browser.post(path, { accept: "application/json", headers: flow });

/** Whether these cookies are connected, and with a token that works. */
async function stateOf(world: World, browser: Client): Promise<string> {
  const me = await world.clock.await(browser.copy().get("/me", { accept: "application/json" }));
  return `${me.status} ${me.body}`;
}
const WORKS = '200 {"works":true}';
const NOT_CONNECTED = '401 {"error":"not_connected"}';

async function connected(world: World, browser: Client): Promise<void> {
  expect((await world.logIn(browser)).status).toBe(303);
}

const flows: Readonly<Record<string, Flow>> = {
  "a login": {
    ok: 303,
    async begin(world, browser) {
      const callback = await world.callback(browser);
      return () => get(browser, callback);
    },
    async after(world, browser, isDone) {
      expect(await stateOf(world, browser)).toBe(isDone ? WORKS : NOT_CONNECTED);
    },
  },
  "a login with a second workspace": {
    ok: 303,
    async begin(world, browser) {
      await connected(world, browser);
      const callback = await world.callback(browser, { workspace: "Home" });
      return () => get(browser, callback);
    },
    async after(world, browser, isDone, before) {
      expect(await stateOf(world, browser)).toBe(WORKS);
      if (isDone) expect(await stateOf(world, before)).toBe(NOT_CONNECTED);
      const state = await world.clock.await(browser.copy().get("/state"));
      expect(state.json<{ bots: string[] }>().bots.length).toBe(isDone ? 2 : 1);
    },
  },
  "a guard": {
    ok: 200,
    async begin(world, browser) {
      await connected(world, browser);
      return () => get(browser, "/me");
    },
    after: async (world, browser) => expect(await stateOf(world, browser)).toBe(WORKS),
  },
  "a use after a quarter of the session's life": {
    ok: 200,
    async begin(world, browser) {
      await connected(world, browser);
      world.jump(LIFE * 0.4);
      return () => get(browser, "/me");
    },
    after: async (world, browser) => expect(await stateOf(world, browser)).toBe(WORKS),
  },
  "a use at the end of the session's life": {
    ok: 200,
    // It expires while its use is written.
    others: [401],
    async begin(world, browser) {
      await connected(world, browser);
      world.jump(LIFE * 1.25 + 500);
      return () => get(browser, "/me");
    },
  },
  "a refresh": {
    ok: 200,
    async begin(world, browser) {
      await connected(world, browser);
      return () => get(browser, "/refresh");
    },
    // A pair that was lost is settled by introspection: the session is connected, or has to connect again.
    async after(world, browser, isDone) {
      if (isDone) expect(await stateOf(world, browser)).toBe(WORKS);
    },
  },
  "a logout": {
    ok: 200,
    async begin(world, browser) {
      await connected(world, browser);
      return () => post(browser, "/logout");
    },
    async after(world, browser, isDone, before) {
      if (!isDone) expect((await world.clock.await(post(before.copy(), "/logout"))).status).toBe(200);
      for (const client of [before, browser]) expect(await stateOf(world, client)).toBe(NOT_CONNECTED);
      await world.drain();
      expect(world.emulator.activeTokens()).toEqual([]);
    },
  },
  "a disconnect": {
    ok: 200,
    async begin(world, browser) {
      await connected(world, browser);
      return () => post(browser, "/disconnect");
    },
    async after(world, browser, isDone) {
      if (!isDone) expect((await world.clock.await(post(browser, "/disconnect"))).status).toBe(200);
      expect(await stateOf(world, browser)).toBe(NOT_CONNECTED);
      await world.drain();
      expect(world.emulator.activeTokens()).toEqual([]);
    },
  },
  "remember()": {
    ok: 200,
    begin: async (_world, browser) => () => get(browser, "/remember"),
    async after(world, browser, isDone) {
      expect(await stateOf(world, browser)).toBe(isDone ? WORKS : NOT_CONNECTED);
    },
    world: {
      routes(app, notion, { emulator }) {
        const source = () => emulator.issue() as unknown as Record<string, unknown>;
        app.get("/remember", notion.remember(source), (_req, res) => void res.json({}));
      },
    },
  },
  "a login with Passport": {
    ok: 200,
    async begin(world, browser) {
      const start = await world.clock.await(browser.get("/passport"));
      const callback = new URL(await world.emulator.authorize(start.location));
      return () => get(browser, callback.pathname + callback.search);
    },
    async after(world, browser, isDone) {
      expect(await stateOf(world, browser)).toBe(isDone ? WORKS : NOT_CONNECTED);
      const user = await world.clock.await(browser.copy().get("/user"));
      expect(user.body).toBe(isDone ? '"somebody"' : '"nobody"');
    },
    world: passportWorld(),
  },
  "a worker's turn": {
    ok: 0,
    async begin(world, browser) {
      await connected(world, browser);
      world.jump(LIFE * 1.3);
      return () => world.gates.as("flow", () => world.workerTurn()).then(() => undefined);
    },
    async after(world) {
      // Who was cut off in the middle left a lease.
      await world.clock.until(() => world.emulator.activeTokens().length === 0, "the end of what has expired");
    },
  },
};

function passportWorld(): Partial<WorldOptions> {
  const passport = new Passport();
  passport.serializeUser((_user, done) => done(null, "somebody"));
  passport.deserializeUser((_id, done) => done(null, { id: "somebody", name: "" }));
  return {
    before(app, notion) {
      app.use(passport.initialize(), passport.session());
      passport.use(
        new NotionStrategy({ notion }, (_access, _refresh, _profile, done) => done(null, { id: "somebody", name: "" })),
      );
    },
    routes(app, notion) {
      app.get("/passport", passport.authenticate("notion"));
      app.get(
        "/auth/notion/callback",
        passport.authenticate("notion"),
        notion.remember(),
        (_req, res) => void res.json({}),
      );
      app.get(
        "/user",
        (req, res) => void res.json(req.user === undefined || req.user === null ? "nobody" : "somebody"),
      );
    },
  };
}

test.each(Object.keys(flows))(
  "%s, with a vault that fails at each of its calls in each way",
  { timeout: 300_000 },
  async (name) => {
    const { begin, ok, others, after, world: own } = flows[name]!;
    const emulator = createNotionEmulator({ behaviour: { refreshKillsAccessToken: false } });
    const notionServer = await serverOf(() => emulator.start());
    onTestFinished(() => emulator.close());
    const clock = virtualClock();
    let fault: Fault | undefined;
    let at = 0;
    const calls: string[] = [];
    const isMet = (call: VaultCall) => {
      if (world.gates.origin !== "flow" || fault === undefined) return false;
      calls.push(describeCall(call));
      return calls.length === at || (fault.lasts === true && calls.length > at);
    };
    const met = new WeakSet<object>();
    const world: World = await openWorld({
      clock,
      emulator,
      notionServer,
      ...own,
      hooks: () => ({
        async before(call) {
          if (!isMet(call)) return;
          met.add(call);
          await fault?.before?.(clock);
        },
        after: async (call) => (met.has(call) ? fault?.after?.(clock) : undefined),
      }),
    });
    onTestFinished(() => world.end());
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => void rejections.push(reason);
    process.on("unhandledRejection", onRejection);
    onTestFinished(() => void process.off("unhandledRejection", onRejection));

    let longest = 0;
    /** @returns how many calls the flow made */
    async function run(how: string, met: Fault, call: number): Promise<number> {
      await world.reset();
      rejections.length = 0;
      fault = undefined;
      const browser = world.browser();
      const request = await begin(world, browser);
      const before = browser.copy();
      calls.length = 0;
      [fault, at] = [met, call];
      const startedAt = performance.now();
      const answer = await clock.await(request(), `an answer: ${how}, call ${call}`, 100_000);
      const took = performance.now() - startedAt;
      const made = calls.length;
      fault = undefined;
      // What was left to be done is tried again within seconds.
      await clock.pass(10_000);
      const context = `the vault ${how} at call ${call}, ${calls[call - 1]}: ${answer?.status} ${answer?.body.slice(0, 80)}`;
      if (answer !== undefined) {
        expect([ok, 503, ...(others ?? [])], context).toContain(answer.status);
        if (how === "is slow" && others === undefined) expect(answer.status, context).toBe(ok);
        expect(took, context).toBeLessThan(BOUND);
        longest = Math.max(longest, took);
      }
      const isDone = answer?.status === ok;
      try {
        await after?.(world, browser, isDone, before);
        await world.drain();
        expect([world.judge.orphans(), world.judge.taken(), world.judge.replayed(), rejections]).toEqual([
          [],
          [],
          [],
          [],
        ]);
        // A later logout finishes everything.
        for (const client of [browser, before])
          expect((await clock.await(post(client.copy(), "/logout"))).status).toBe(200);
        await world.drain();
        expect([world.judge.orphans(), world.judge.taken()]).toEqual([[], []]);
      } catch (error) {
        throw new Error(`${context}\n${calls.join(", ")}`, { cause: error });
      }
      return made;
    }

    const total = await run("works", {}, 0);
    expect(total).toBeGreaterThan(0);
    const failures: unknown[] = [];
    const all = Array.from({ length: total }, (_, index) =>
      Object.entries(faults).map(([how, one]) => [how, one, index + 1] as const),
    ).flat();
    const cases = all.filter(isOfSample);
    for (const one of cases) await run(...one).catch((error: unknown) => failures.push(error));
    console.info(`${name}: ${total} calls, ${cases.length} cases, answered within ${Math.round(longest)} ms`);
    expect(
      failures.map((error) => `${(error as Error).message} ${String((error as Error).cause ?? "").slice(0, 600)}`),
      `CRASH_SEED=${SEED}`,
    ).toEqual([]);
  },
);
