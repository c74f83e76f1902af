import { expect, test } from "vitest";
import type { ConnectionEntry } from "../../src/vault/entry.js";
import { eventually } from "../support/app.js";
import { Client } from "../support/client.js";
import { json, unrest } from "./support/checks.js";
import { describeOn } from "./support/database.js";
import type { KillableApp, Point } from "./support/killable-app.js";
import { type Lab, openLab, unlessKilled } from "./support/lab.js";
import { oneIn, SEED, scale } from "./support/random.js";

const TIME = { timeout: 300_000 * scale };
/** Kills that happen at the same time, each with a user of its own. */
const AT_ONCE = 4;

/** One kill of so many is tried: an odd number, so that some come before a call and some after one. */
const isOfSample = oneIn(5);

let count = 0;

/** A user with two connections, one of which has been refreshed, and a browser of that user. */
async function newUser(lab: Lab, app: KillableApp): Promise<{ user: string; browser: Client }> {
  count += 1;
  const user = `user-${count}@example.com`;
  const browser = new Client(app.origin);
  await browser.post(`/log-in/${encodeURIComponent(user)}`);
  for (const workspace of ["Acme Studio", "Home"])
    expect((await lab.logIn(browser, app, { workspace })).status).toBe(303);
  expect((await browser.get("/refresh", json)).status).toBe(200);
  return { user, browser };
}

const erase = (app: KillableApp, user: string) =>
  new Client(app.origin).post(`/jobs/${encodeURIComponent(user)}/erase`, json);

/** What the vault says of a user, once what was under way there has ended. */
async function leftOf(lab: Lab, user: string): Promise<string[]> {
  const left = (await lab.entries()).filter((entry) => JSON.stringify(entry).includes(user));
  return left.map(({ state }) => `${user}: ${state}`);
}

describeOn(["sqlite", "postgres", "redis"], (vault) => {
  test("an erasure killed before and after each of its calls is finished by the next one", TIME, async () => {
    const lab = await openLab({ vault, users: true, options: { timeout: 1000 } });
    const other = await lab.start();
    const counting = await lab.start();
    const { user } = await newUser(lab, counting);
    await counting.arm();
    expect((await erase(counting, user)).status).toBe(200);
    const { calls } = await counting.calls();
    await counting.kill();

    const points = Array.from({ length: calls * 2 }, (_, index) => ({
      call: Math.floor(index / 2) + 1,
      when: index % 2 === 0 ? ("before" as const) : ("after" as const),
    })).filter(isOfSample);
    const failures: string[] = [];
    let kills = 0;
    // Elsewhere, a login and a refresh of that user are under way: each at another of its calls every time.
    const busy = await lab.start();
    const begin = async (_point: Point, index: number) => {
      const { user: erased, browser } = await newUser(lab, other);
      const login = browser.copy();
      const callback = await lab.callback(login, busy);
      return () => [
        {
          user: erased,
          name: `login-${index}`,
          request: login.get(callback, { headers: { "x-hold": `${(index % 14) + 1} login-${index}` } }),
        },
        {
          user: erased,
          name: `refresh-${index}`,
          request: browser.get(`${busy.origin}/refresh`, {
            ...json,
            headers: { "x-hold": `${(index % 5) + 1} refresh-${index}` },
          }),
        },
      ];
    };
    const strike = async (point: Point, erased: string) => {
      const app = await lab.start();
      await app.arm(point);
      await unlessKilled(erase(app, erased));
      await eventually(() => !app.isAlive, "the death of the app");
      kills += 1;
      const again = await erase(other, erased);
      if (again.status !== 200) failures.push(`${point.when} call ${point.call}: ${again.status} ${again.body}`);
    };
    const all: string[] = [user];
    for (let from = 0; from < points.length; from += AT_ONCE) {
      const here = points.slice(from, from + AT_ONCE);
      const ready = await Promise.all(here.map((point, index) => begin(point, from + index)));
      await busy.arm();
      const underway = ready.flatMap((send) => send());
      const answered = new Set<string>();
      for (const { name, request } of underway) void request.then(() => answered.add(name));
      await eventually(
        () => underway.every(({ name }) => answered.has(name) || busy.held.has(name)),
        "what is under way",
      );
      const users = [...new Set(underway.map((one) => one.user))];
      await Promise.all(here.map((point, index) => strike(point, users[index]!)));
      await busy.go();
      await Promise.all(underway.map(({ request }) => request));
      all.push(...users);
    }
    failures.push(...(await unrest(lab)));
    // All is dead: there is nothing left to do. A call that its caller gave up may happen after that.
    const nothing = '{"revocation":"none","tokens":0,"connections":[]}';
    for (const one of all)
      await eventually(async () => (await erase(other, one)).body === nothing, one).catch(() => failures.push(one));
    // Each token has its receipt, and nothing else is left. A login that was given up before it could write its tokens was nobody's.
    const entries = await lab.entries();
    for (const { state, data } of entries as readonly ConnectionEntry[])
      if (state !== "ended" || (data.receipt === undefined && data.cause !== "abandoned"))
        failures.push(`no receipt: ${state} ${JSON.stringify(data)}`);
    for (const fact of ["Acme Studio", "Home", "Ada Lovelace", "user-"])
      if (JSON.stringify(entries).includes(fact)) failures.push(`${fact} is named`);
    console.info(`an erasure: ${kills} kills at ${points.length} points`);
    expect([failures, lab.emulator.activeTokens(), kills], `CRASH_SEED=${SEED}`).toEqual([[], [], points.length]);
  });

  test("a login killed right after each of its calls that an erasure came before leaves nothing", TIME, async () => {
    const lab = await openLab({ vault, users: true, options: { timeout: 1000 } });
    const other = await lab.start();
    const begin = async (app: KillableApp) => {
      count += 1;
      const user = `user-${count}@example.com`;
      const browser = new Client(app.origin);
      await browser.post(`/log-in/${encodeURIComponent(user)}`);
      const callback = await lab.callback(browser, app);
      return { user, logIn: (headers = {}) => browser.get(callback, { headers }) };
    };
    const counting = await lab.start();
    const first = await begin(counting);
    await counting.arm();
    expect((await first.logIn()).status).toBe(303);
    const { calls } = await counting.calls();
    await erase(counting, first.user);

    const points = Array.from({ length: calls }, (_, index) => index + 1).filter(isOfSample);
    let losses = 0;
    const failures: string[] = [];
    const tryOne = async (call: number) => {
      const app = await lab.start();
      const { user, logIn } = await begin(app);
      await app.arm({ call, when: "after" });
      const login = unlessKilled(logIn({ "x-hold": `${call} login` }));
      await eventually(() => app.held.has("login"), "the call");
      const erased = await erase(other, user);
      if (erased.status !== 200) failures.push(`call ${call}: ${erased.body}`);
      await app.go();
      await login;
      await eventually(() => !app.isAlive, "the death of the app");
      if (app.lostTokens) losses += 1;
      return { call, user };
    };
    for (let index = 0; index < points.length; index += AT_ONCE) {
      const killed = await Promise.all(points.slice(index, index + AT_ONCE).map(tryOne));
      // The worker ends what nobody has come to hold.
      await lab.makeDue("arriving", "ending");
      for (const { call, user } of killed)
        await eventually(async () => (await leftOf(lab, user)).length === 0, `call ${call}`).catch(async () =>
          failures.push(`call ${call}: ${await leftOf(lab, user)}`),
        );
    }
    failures.push(...(await unrest(lab)));
    console.info(`a login: ${points.length} kills, ${losses} with tokens in hand`);
    expect([failures, losses], `CRASH_SEED=${SEED}`).toEqual([[], 0]);
    expect(lab.emulator.activeTokens()).toEqual([]);
  });
});
