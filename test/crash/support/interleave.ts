import { expect } from "vitest";
import { type Behaviour, createNotionEmulator } from "../../../src/emulator/index.js";
import type { createNotionOAuth, NotionOAuthOptions } from "../../../src/index.js";
import type { Answer, Client } from "../../support/client.js";
import { onTestFinished } from "../../support/on-test-finished.js";
import { virtualClock } from "./clock.js";
import { serverOf } from "./memory-network.js";
import { type Choose, inLegs, type Leg, tryOrders } from "./orders.js";
import { isReplay, SEED, scale } from "./random.js";
import { ADA, brokenForUser, isLogin, userOperations } from "./user-operations.js";
import { openWorld, type World } from "./world.js";

/** Orders that are tried of one set of operations; `CRASH_ROUNDS=10` for ten times as many. */
export const LIMIT = Number(process.env.CRASH_ORDERS ?? 24) * scale;
const GRACE = "Grace Hopper";

/** Something that happens to a session, ready to begin. */
export type Act = () => Promise<Answer | undefined>;
/** Makes it ready: which process serves it, and by whose name its steps go. */
export type Operation = (world: World, browser: Client, actor: string, process: number) => Promise<Act>;

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

export const operations = {
  logout: request("POST", "/logout"),
  disconnect: request("POST", "/disconnect"),
  refresh: request("GET", "/refresh"),
  use: request("GET", "/me"),
  "slow request": request("GET", "/slow"),
  "app's own regenerate": request("GET", "/regenerate"),
  "same bot again": login(),
  "same bot again, and a refresh": async (world, browser, actor, process) => {
    const act = await login()(world, browser, actor, process);
    return async () => {
      const answer = await act();
      if (answer?.status !== 303) return answer;
      return (await request("GET", "/refresh")(world, browser, actor, process))();
    };
  },
  "second workspace": login({ workspace: "Home" }),
  "another account": login({ user: GRACE }),
  worker: async (world: World) => () => world.workerTurn().then(() => undefined),
  revokeAll: async (world: World, _browser: Client, _actor: string, process: number) => async () => {
    const { botId } = world.emulator.activeTokens()[0]!;
    await world.processes[process]!.notion.revokeAll({ botId });
    return undefined;
  },
  ...userOperations,
} satisfies Record<string, Operation>;
export type Name = keyof typeof operations;

export interface Scene {
  /** Other code than that of `src`. Its ids are a matter of chance: so are the orders that are tried. */
  readonly create?: typeof createNotionOAuth;
  /** How many orders are tried; as many as usual if absent. */
  readonly orders?: number;
  /** Only this order is tried: one that chance seldom finds. */
  readonly legs?: readonly Leg[];
  /** Called before each order. */
  readonly begin?: () => void;
  readonly behaviour?: Partial<Behaviour>;
  readonly options?: Partial<NotionOAuthOptions>;
  /** Connections belong to the app's users; `ADA` is logged in in the browser. */
  readonly users?: true;
  /** Brings the session of the browser to where it begins. @returns browsers that some of the actors use instead */
  readonly before?: (world: World, browser: Client) => Promise<Partial<Record<string, Client>> | undefined>;
  /** What must be true besides. */
  readonly after?: (
    world: World,
    answers: Readonly<Record<string, Answer | undefined>>,
    browsers: Readonly<Record<string, Client>>,
    context: string,
  ) => Promise<void>;
}

/** Carries out all orders of the operations on one session, each on a process of its own, and judges each. */
export async function interleave(
  names: readonly Name[],
  { behaviour = {}, options = {}, users, before, after, create, begin, orders = LIMIT, legs }: Scene = {},
): Promise<void> {
  const emulator = createNotionEmulator({
    behaviour: { revokeKillsRefreshToken: false, refreshKillsAccessToken: false, ...behaviour },
  });
  const notionServer = await serverOf(() => emulator.start());
  onTestFinished(() => emulator.close());
  const clock = virtualClock();
  const world = await openWorld({
    clock,
    emulator,
    notionServer,
    processes: 2,
    options,
    ...(users && { users }),
    ...(create !== undefined && { create }),
  });
  onTestFinished(() => world.end());
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => void rejections.push(reason);
  process.on("unhandledRejection", onRejection);
  onTestFinished(() => void process.off("unhandledRejection", onRejection));

  // What looks for an order that breaks other code has to find it in every run.
  const seed = create === undefined || isReplay ? SEED : 1;
  const startedAt = process.hrtime.bigint();
  const tryOne = async (choose: Choose): Promise<() => void> => {
    begin?.();
    await world.reset();
    emulator.configure({ revokeKillsRefreshToken: false, refreshKillsAccessToken: false, ...behaviour });
    const browser = users ? await world.browserOf(ADA) : world.browser();
    expect((await world.logIn(browser)).status).toBe(303);
    const others = (await before?.(world, browser)) ?? {};
    const browsers: Record<string, Client> = {};
    const acts: Record<string, Act> = {};
    for (const [index, name] of names.entries()) {
      const actor = names.indexOf(name) === index ? name : `${name} #2`;
      browsers[actor] = (others[actor] ?? browser).copy();
      acts[actor] = await operations[name](world, browsers[actor], actor, index % 2);
    }
    const started = new Map(Object.entries(browsers).map(([actor, client]) => [actor, client.copy()]));
    const answers: Record<string, Answer | undefined> = {};
    const { gates } = world;
    const isOfInterest = await gates.run(
      clock,
      Object.fromEntries(
        Object.entries(acts).map(([actor, act]) => [
          actor,
          async () => {
            answers[actor] = await act();
            gates.trace.push(`${actor}: is answered`);
          },
        ]),
      ),
      choose,
    );
    if (!isOfInterest) {
      await world.drain();
      return () => {};
    }
    const isOut = !Object.values(answers).some((answer, index) => names[index] === "logout" && answer?.status !== 200);
    const works =
      !users && isOut && names.includes("logout") ? await workingAfterLogout(world, browser, browsers, others) : [];
    await world.drain();
    if (users) works.push(...(await brokenForUser(world, answers, started, browsers, others)));
    const { judge } = world;
    const verdict = { works, orphans: judge.orphans(), taken: judge.taken(), replayed: judge.replayed(), rejections };
    const statuses = Object.fromEntries(
      Object.entries(answers).map(([actor, answer]) => [
        actor,
        answer && `${answer.status} ${answer.body.slice(0, 60)}`,
      ]),
    );
    const context = `CRASH_SEED=${seed} ${JSON.stringify(statuses)}\n  ${gates.trace.join("\n  ")}`;
    const extra = await after?.(world, answers, { ...others, ...browsers } as Record<string, Client>, context).then(
      () => undefined,
      (error: unknown) => error,
    );
    return () => {
      expect(verdict, context).toEqual({ works: [], orphans: [], taken: [], replayed: [], rejections: [] });
      for (const answer of Object.values(answers)) if (answer) expect(answer.status, context).toBeLessThan(500);
      if (extra !== undefined) throw extra;
    };
  };
  if (legs !== undefined) return (await tryOne(inLegs(legs)))();
  const tried = await tryOrders({ limit: orders, seed, onlyAtRandom: create !== undefined }, tryOne);
  const ms = Number(process.hrtime.bigint() - startedAt) / 1e6;
  console.info(
    `${names.join(" x ")}: ${tried.orders} orders${tried.isAll ? ", all there are" : ""}, ${tried.redundant} redundant, ${(ms / (tried.orders + tried.redundant)).toFixed(1)} ms each`,
  );
}

/** What of a session that was logged out still works. A login that found no session any more, or one that was over, is a new one. */
async function workingAfterLogout(
  world: World,
  browser: Client,
  browsers: Record<string, Client>,
  others: object,
): Promise<string[]> {
  const works: string[] = [];
  if (await world.isConnected(browser)) works.push("the old cookie");
  for (const [actor, client] of Object.entries(browsers)) {
    const steps = world.gates.trace
      .filter((step) => step.startsWith(`${actor}: `))
      .map((step) => step.slice(actor.length + 2));
    const foundOver =
      steps.indexOf("destroys the session") >= 0 &&
      steps.indexOf("destroys the session") < steps.indexOf("insert state");
    const isNew = isLogin(actor) && (!world.cameWith.has(actor) || foundOver);
    if (!isNew && !(actor in others) && (await world.isConnected(client))) works.push(actor);
  }
  return works;
}

/** The token that the session gives works. */
export async function expectWorking(world: World, browser: Client | undefined, context: string): Promise<void> {
  const me = await world.clock.await(browser!.get("/me", { accept: "application/json" }));
  expect(`${me.status} ${me.body}`, context).toBe('200 {"works":true}');
}
