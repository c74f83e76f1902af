import { isDeepStrictEqual } from "node:util";
import type { NotionConnection, NotionTokens } from "../../../src/index.js";
import { delay } from "../../support/app.js";
import type { Answer, Client } from "../../support/client.js";
import type { Operation } from "./interleave.js";
import type { World } from "./world.js";

/** The user of the app whose browser it is. */
export const ADA = "ada@example.com";

/** What no request does is answered as if one had. */
async function answerTo(run: () => Promise<unknown>): Promise<Answer> {
  let status = 200;
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    const { status: told, code } = error as { status?: number; code?: string };
    if (told === undefined) throw error;
    status = told;
    result = { error: code };
  }
  const body = JSON.stringify(result ?? null);
  return { status, headers: {}, body, location: "", json: () => JSON.parse(body) };
}

/** The id of the session that a browser has the cookie of. */
export function sessionIdOf(client: Client): string {
  return /s:(.+)\./.exec(decodeURIComponent(client.cookies.get("connect.sid") ?? ""))?.[1] ?? "none";
}

const notionOf = (world: World, process: number) => world.processes[process]!.notion;

/** A job uses a connection: what it calls Notion with is in the trace. */
const job: Operation = async (world, _browser, actor, process) => {
  const { gates, clock, emulator } = world;
  const [connection] = await clock.await(notionOf(world, process).connections.find({ user: ADA }));
  return () =>
    answerTo(() =>
      connection!.withAccessToken(async (token) => {
        gates.trace.push(`${actor}: uses ${token.slice(0, 12)}`);
        await gates.wait("calls Notion", { reads: [`notion:${world.nameOf(token)}`] });
        if (!emulator.isActive(token)) throw Object.assign(new Error("Notion refused"), { status: 401 });
        return { works: true };
      }),
    );
};

/** The app brings in tokens that it has kept itself: the same ones for all who do so. */
const add: Operation = async (world, _browser, _actor, process) => {
  const { emulator, judge } = world;
  const tokens = kept.get(judge) ?? emulator.issue();
  kept.set(judge, tokens);
  judge.isTheApps(tokens.access_token, tokens.refresh_token as string);
  return () =>
    answerTo(async () => (await notionOf(world, process).connections.add({ user: ADA, tokens })).connection.botId);
};

/** The same with tokens of which the app has nothing else, and whose access token is dead. */
const addDead: Operation = async (world, browser, actor, process) => {
  const { emulator, judge } = world;
  const { access_token, refresh_token } = kept.get(judge) ?? emulator.issue();
  kept.set(judge, { access_token, refresh_token });
  emulator.expireAccessToken(access_token);
  const act = await add(world, browser, actor, process);
  return async () => {
    for (;;) {
      const answer = await act();
      // Somebody else is at it. An app asks again.
      if (answer?.status !== 503) return answer;
      await delay(500);
    }
  };
};
const kept = new WeakMap<object, NotionTokens>();

/** The app takes a connection out, and keeps its tokens itself. */
const takeOut: Operation = async (world, _browser, _actor, process) => {
  const { clock, judge } = world;
  const { connections } = notionOf(world, process);
  const [connection] = await clock.await(connections.find({ user: ADA }));
  return () =>
    answerTo(async () => {
      const { tokens } = await connections.export(connection!.id);
      judge.isTheApps(tokens.accessToken, tokens.refreshToken ?? "");
      return tokens;
    });
};

export const userOperations = {
  job,
  add,
  "add of dead tokens": addDead,
  export: takeOut,
  erasure: async (world, _browser, _actor, process) => () =>
    answerTo(() => notionOf(world, process).revokeAll({ user: ADA })),
  "job's disconnect": async (world, _browser, _actor, process) => {
    const [connection] = await world.clock.await(notionOf(world, process).connections.find({ user: ADA }));
    return () => answerTo(async () => connection?.disconnect());
  },
  "logout of the others": async (world, browser, _actor, process) => () =>
    answerTo(() => notionOf(world, process).revokeAll({ user: ADA, except: sessionIdOf(browser) })),
} satisfies Record<string, Operation>;

/** What is wrong with the connections of a user once all is at rest. */
export async function brokenForUser(
  world: World,
  answers: Readonly<Record<string, Answer | undefined>>,
  started: ReadonlyMap<string, Client>,
  browsers: Readonly<Record<string, Client>>,
  others: object,
): Promise<string[]> {
  return [
    ...(await workingAfterLogout(world, answers, started, browsers, others)),
    ...doubled(world),
    ...usedAfterDisconnect(world, answers),
    ...leftByErasure(world, answers),
    ...lostByExport(world, answers),
  ];
}

/** Sessions that were logged out, and what logins have put in their place, work no more: also when their rows are brought back. */
async function workingAfterLogout(
  world: World,
  answers: Readonly<Record<string, Answer | undefined>>,
  started: ReadonlyMap<string, Client>,
  browsers: Readonly<Record<string, Client>>,
  others: object,
): Promise<string[]> {
  const out = new Map<string, Client>();
  for (const [actor, answer] of Object.entries(answers)) {
    if (!/^logout( #\d)?$/.test(actor) || answer?.status !== 200) continue;
    out.set(`the session of ${actor}`, started.get(actor)!);
    if (actor in others) continue;
    for (const [login, client] of Object.entries(browsers))
      if (!(login in others) && isLogin(login)) out.set(`the session of ${login}`, client);
  }
  const working: string[] = [];
  for (const [name, client] of out) {
    if (await world.isConnected(client)) working.push(name);
    for (const [sid, row] of world.written) world.rows.set(sid, row);
    if (await world.isConnected(client)) working.push(`${name}, brought back`);
  }
  return working;
}

export const isLogin = (actor: string) =>
  ["same bot again", "second workspace", "another account"].some((one) => actor.startsWith(one));

/** Of one bot, a user has one connection. */
function doubled({ judge }: World): string[] {
  const bots = judge.held().map(({ data }) => `${data.user} ${(data.connection as NotionConnection).botId}`);
  return bots.filter((bot, index) => bots.indexOf(bot) !== index).map((bot) => `two connections of ${bot}`);
}

/** The steps of some actor, after what has happened. */
const stepsAfter = (trace: readonly string[], since: string) =>
  trace.includes(since) ? trace.slice(trace.indexOf(since) + 1) : [];

/** A job that begins after a disconnect was answered gets no token that was there before. */
function usedAfterDisconnect({ gates: { trace } }: World, answers: object): string[] {
  return Object.keys(answers)
    .filter((actor) => ["disconnect", "job's disconnect", "erasure"].includes(actor))
    .flatMap((actor) => {
      const after = stepsAfter(trace, `${actor}: is answered`);
      const jobs = after.filter((step) => /^job.*: begins$/.test(step)).map((step) => step.split(":")[0]);
      // Whoever connects meanwhile has something new.
      if (trace.some((step) => isLogin(step) || step.startsWith("add"))) return [];
      return after.filter((step) => jobs.some((name) => step.startsWith(`${name}: uses`)));
    });
}

/** Nothing of a user is left that was there, or on its way, when the erasure began. */
function leftByErasure(
  { gates: { trace }, judge, emulator }: World,
  answers: Readonly<Record<string, Answer | undefined>>,
) {
  if (answers.erasure?.status !== 200) return [];
  // All logins were started before. Tokens may be brought in afterwards.
  if (stepsAfter(trace, "erasure: insert entry mark").includes("add: get entry")) return [];
  const facts = [
    ADA,
    ...emulator.workspaces.flatMap(({ id, name }) => [id, name]),
    ...emulator.users.flatMap(({ id, name }) => [id, name]),
  ];
  const left = [...judge.entries.values()].filter(({ state }) => state !== "mark");
  return left.flatMap((entry) => [
    ...(entry.state === "ended" ? [] : [`${entry.state} after the erasure`]),
    ...facts
      .filter((fact) => JSON.stringify(entry).includes(JSON.stringify(fact).slice(1, -1)))
      .map((fact) => `${entry.state} names ${fact}`),
  ]);
}

/** What the app has taken out works where it is now. */
function lostByExport({ emulator }: World, answers: Readonly<Record<string, Answer | undefined>>): string[] {
  const { export: taken } = answers;
  if (taken?.status !== 200) return [];
  const { accessToken, refreshToken } = taken.json<{ accessToken: string; refreshToken: string }>();
  const alive = [accessToken, refreshToken].map((token) => emulator.isActive(token));
  return isDeepStrictEqual(alive, [true, true]) ? [] : [`exported tokens are alive: ${alive}`];
}
