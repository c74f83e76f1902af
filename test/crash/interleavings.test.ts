import { expect, test, vi } from "vitest";
import { expectWorking, interleave, type Name, type Scene } from "./support/interleave.js";
import type { Leg } from "./support/orders.js";
import { scale } from "./support/random.js";
import { neglected, refreshedOne, replacedHere, shared, usedElsewhere } from "./support/scenes.js";
import { LIFE } from "./support/world.js";

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

const all = (names: readonly Name[], scene: Scene = {}): Promise<void> =>
  interleave(names, {
    ...scene,
    begin() {
      drawn.count = 0;
    },
  });

const TIME = 300_000 * scale;

/** The logout has ended one of its session's two connections. */
const endedOne = (login: Name): readonly Leg[] => [["logout", "replace entry ending"], [login], ["logout"]];

test.each<[Name, Name]>([
  ["logout", "refresh"],
  ["logout", "second workspace"],
  ["logout", "same bot again"],
  ["logout", "another account"],
  ["logout", "logout"],
  ["logout", "use"],
  ["logout", "slow request"],
  ["logout", "disconnect"],
])("%s x %s: whatever the order, nothing of the session works after the logout", (a, b) => all([a, b]), TIME);

test.each<[Name, Name, Name]>([
  ["another account", "another account", "logout"],
  ["second workspace", "another account", "logout"],
  ["second workspace", "disconnect", "logout"],
])(
  "%s x %s x %s: whatever the order, nothing of the session works after the logout",
  (a, b, c) => all([a, b, c]),
  TIME,
);

test.each<[Name, Name]>([
  ["disconnect", "refresh"],
  ["revokeAll", "refresh"],
  ["disconnect", "second workspace"],
  ["second workspace", "refresh"],
])("%s x %s: whatever the order, each token is held or dies", (a, b) => all([a, b]), TIME);

test(
  "refresh x refresh on two processes: both get a working token, and each refresh token is sent once",
  () =>
    all(["refresh", "refresh"], {
      async after(world, answers, browsers, context) {
        for (const answer of Object.values(answers))
          expect(`${answer?.status} ${answer?.body}`, context).toBe('200 {"works":true}');
        await expectWorking(world, browsers.refresh, context);
      },
    }),
  TIME,
);

test.each<[Name, Name]>([
  ["second workspace", "second workspace"],
  ["same bot again", "second workspace"],
  ["another account", "second workspace"],
])(
  "%s x %s: one of two logins of one session stands, and works",
  (a, b) =>
    all([a, b], {
      async after(world, answers, browsers, context) {
        const stood = Object.entries(answers).filter(([, answer]) => answer?.status === 303);
        expect(stood.length, context).toBeGreaterThan(0);
        for (const [actor] of stood.slice(-1)) await expectWorking(world, browsers[actor], context);
      },
    }),
  TIME,
);

test(
  "use x worker: a session that is used while it expires keeps its connection, or never gets it",
  () =>
    all(["use", "worker"], {
      before: neglected,
      async after(world, answers, browsers, context) {
        if (answers.use?.status !== 200) return expect(await world.isConnected(browsers.use!), context).toBe(false);
        await expectWorking(world, browsers.use, context);
      },
    }),
  TIME,
);

test.each<[Name, Name, Name]>([
  ["use", "worker", "worker"],
  ["use", "refresh", "worker"],
])(
  "%s x %s x %s: a session that is used while it expires keeps its connection, or never gets it",
  (a, b, c) =>
    all([a, b, c], {
      before: neglected,
      async after(world, answers, browsers, context) {
        if (answers.use?.status === 200) await expectWorking(world, browsers.use, context);
      },
    }),
  TIME,
);

test(
  "worker x worker: an expired connection ends once",
  () =>
    all(["worker", "worker"], {
      before: neglected,
      async after(world, _answers, _browsers, context) {
        expect(world.emulator.activeTokens(), context).toEqual([]);
        expect(world.emulator.count("revoke"), context).toBe(2);
      },
    }),
  TIME,
);

test.each<Name[][]>([[["logout", "use"]], [["logout", "use", "slow request"]]])(
  "%s after the app regenerated its session by itself: nothing works after the logout",
  (names) =>
    all(names, {
      async before(world, browser) {
        await world.clock.await(browser.get("/regenerate"));
        return undefined;
      },
    }),
  TIME,
);

test(
  "two sessions with one token, expiry of the one x use of the other: the other works on",
  () =>
    all(["worker", "use"], {
      ...shared,
      before: usedElsewhere,
      after: (world, _answers, browsers, context) => expectWorking(world, browsers.use, context),
    }),
  TIME,
);

test.each<[Name, Name]>([
  ["worker", "same bot again"],
  ["logout", "same bot again"],
  ["disconnect", "same bot again"],
])(
  "%s x a login in another browser that is handed the same token: it is held, or dies without being taken",
  (a, b) =>
    all([a, b], {
      ...shared,
      async before(world) {
        if (a === "worker") world.jump(LIFE * 1.3);
        return { [b]: world.browser() };
      },
    }),
  TIME,
);

test(
  "refresh x refresh of two sessions with one pair: both get the new one, and it was asked for once",
  () =>
    all(["refresh", "refresh"], {
      ...shared,
      async before(world) {
        const other = world.browser();
        await world.logIn(other);
        return { "refresh #2": other };
      },
      async after(world, answers, browsers, context) {
        for (const answer of Object.values(answers))
          expect(`${answer?.status} ${answer?.body}`, context).toBe('200 {"works":true}');
        for (const name of ["refresh", "refresh #2"]) await expectWorking(world, browsers[name], context);
      },
    }),
  TIME,
);

test(
  "refresh x a login in another browser that is handed the same pair: both get the new one, which no old refresh token endangers",
  () =>
    all(["refresh", "same bot again"], {
      ...shared,
      before: async (world) => ({ "same bot again": world.browser() }),
      async after(world, answers, browsers, context) {
        expect([answers.refresh?.status, answers["same bot again"]?.status], context).toEqual([200, 303]);
        const { clock, judge } = world;
        for (const name of ["same bot again", "refresh"]) {
          const again = await clock.await(browsers[name]!.get("/refresh", { accept: "application/json" }));
          expect(`${name}: ${again.status} ${again.body}`, context).toBe(`${name}: 200 {"works":true}`);
          await expectWorking(world, browsers[name], context);
        }
        expect([...judge.replayed(), ...judge.orphans(), ...judge.taken()], context).toEqual([]);
      },
    }),
  TIME,
);

test(
  "refresh x a login that is handed the same pair and refreshes it at once: both get the new one, and it was asked for once",
  () =>
    all(["refresh", "same bot again, and a refresh"], {
      ...shared,
      before: async (world) => ({ "same bot again, and a refresh": world.browser() }),
      async after(_world, answers, _browsers, context) {
        for (const answer of Object.values(answers))
          expect(`${answer?.status} ${answer?.body}`, context).toBe('200 {"works":true}');
      },
    }),
  TIME,
);

test.each<[string, readonly Leg[] | undefined]>([
  ["whatever the order", undefined],
  ["the logout comes when the refresh has written the new pair for one", refreshedOne("logout")],
])(
  "refresh x logout of one of two sessions with one pair: %s, the other has a token that works, or has to connect again",
  (_order, legs) =>
    all(["refresh", "logout"], {
      ...shared,
      // With the old access token, the logout would end nothing that the other one holds.
      behaviour: { ...shared.behaviour, refreshKillsAccessToken: true },
      ...(legs !== undefined && { legs }),
      async before(world) {
        const other = world.browser();
        await world.logIn(other);
        return { other };
      },
      async after(world, _answers, { other }, context) {
        const me = await world.clock.await(other!.get("/me", { accept: "application/json" }));
        expect(`${me.status} ${me.body}`, context).toMatch(/^(?:200 \{"works":true\}|401 .*reconnect_required.*)$/);
      },
    }),
  TIME,
);

test.each<[string, readonly Leg[] | undefined]>([
  ["whatever the order", undefined],
  ["the login comes when the refresh has written the new pair for the first", refreshedOne("another account")],
])(
  "refresh x a login in the place of the connection that is refreshed, whose pair another has: %s, that one works",
  (_order, legs) => all(["refresh", "another account"], { ...replacedHere, ...(legs !== undefined && { legs }) }),
  TIME,
);

test(
  "refresh x a login that is handed the same pair while its refresh token is on its way x the end of the refreshed connection: the token is sent once",
  () =>
    all(["refresh", "another account", "same bot again, and a refresh"], {
      behaviour: { ...shared.behaviour, refreshReplay: "kill_family" },
      legs: [
        ["refresh", "find token (4)"],
        ["same bot again, and a refresh", "writes the session (2)"],
        ["another account"],
        ["same bot again, and a refresh", "get entry (6)"],
        ["refresh"],
      ],
      before: async (world) => ({ "same bot again, and a refresh": world.browser() }),
      async after(_world, answers, _browsers, context) {
        const answer = answers["same bot again, and a refresh"];
        expect(`${answer?.status} ${answer?.body}`, context).toBe('200 {"works":true}');
      },
    }),
  TIME,
);

test.each<[Name, string, readonly Leg[] | undefined]>([
  ["same bot again", "whatever the order", undefined],
  ["same bot again", "the first has ended, and the second has not", endedOne("same bot again")],
  ["second workspace", "the first has ended, and the second has not", endedOne("second workspace")],
])(
  "logout of a session with two connections x a login in another browser that is handed the pair of one (%s): %s, the login keeps it",
  (login, _order, legs) =>
    all(["logout", login], {
      ...shared,
      ...(legs !== undefined && { legs }),
      async before(world, browser) {
        await world.logIn(browser, { workspace: "Home" });
        return { [login]: world.browser() };
      },
    }),
  TIME,
);

test.each<[string, readonly Leg[] | undefined]>([
  ["whatever the order", undefined],
  [
    "the login comes when the logout is over, and the answer of the refresh is not written",
    [["refresh", "token"], ["logout"], ["same bot again"], ["refresh"]],
  ],
])(
  "refresh x logout x a login in another browser that is handed the new pair: %s, the login keeps it",
  (_order, legs) =>
    all(["refresh", "logout", "same bot again"], {
      ...shared,
      ...(legs !== undefined && { legs }),
      before: async (world) => ({ "same bot again": world.browser() }),
    }),
  TIME,
);

test.each<[Name, Name, Name]>([
  ["logout", "refresh", "second workspace"],
  ["logout", "refresh", "refresh"],
  ["logout", "second workspace", "another account"],
  ["logout", "slow request", "same bot again"],
])(
  "%s x %s x %s: whatever the order, nothing of the session works after the logout",
  (a, b, c) => all([a, b, c]),
  TIME,
);
