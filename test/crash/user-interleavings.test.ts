import { expect, test, vi } from "vitest";
import type { Client } from "../support/client.js";
import { interleave, type Name, type Scene } from "./support/interleave.js";
import { scale } from "./support/random.js";
import { ADA, sessionIdOf } from "./support/user-operations.js";
import type { World } from "./support/world.js";

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

const ORDERS = Number(process.env.CRASH_ORDERS ?? 8) * scale;

const all = (names: readonly Name[], scene: Scene = {}): Promise<void> =>
  interleave(names, {
    orders: ORDERS,
    ...scene,
    users: true,
    begin() {
      drawn.count = 0;
    },
  });

const TIME = 300_000 * scale;

/** Another device of the user. @param isUsed whether the connections were used there */
async function deviceOf(world: World, isUsed = true): Promise<Client> {
  const device = await world.browserOf(ADA);
  if (isUsed) await world.clock.await(device.get("/state"));
  return device;
}

/** These actors are on another device. */
const elsewhere =
  (isUsed: boolean, ...actors: readonly string[]): NonNullable<Scene["before"]> =>
  async (world) => {
    const device = await deviceOf(world, isUsed);
    return Object.fromEntries(actors.map((actor) => [actor, device]));
  };

const works: Scene["after"] = async (_world, answers, _browsers, context) => {
  // What a refresh brings may be replaced at once.
  for (const [actor, answer] of Object.entries(answers))
    if (actor.startsWith("refresh")) expect(answer?.status, context).toBe(200);
    else if (/^(job|use)\b/.test(actor))
      expect(`${actor}: ${answer?.status} ${answer?.body}`, context).toBe(`${actor}: 200 {"works":true}`);
};

test.each<[Name, Name]>([
  ["job", "refresh"],
  ["job", "same bot again"],
  ["job", "second workspace"],
  ["job", "logout"],
  ["refresh", "same bot again"],
])(
  "%s x %s: whatever the order, whoever uses the connection goes on with what the user has",
  (a, b) => all([a, b], { before: elsewhere(true, "refresh"), after: works }),
  TIME,
);

test(
  "job x refresh x same bot again: a job follows to the connection that took the place of its own",
  () => all(["job", "refresh", "same bot again"], { before: elsewhere(true, "refresh"), after: works }),
  TIME,
);

test.each<Name[][]>([
  [["disconnect", "job"]],
  [["job's disconnect", "job"]],
  [["disconnect", "job", "refresh"]],
  [["job's disconnect", "refresh"]],
  [["disconnect", "same bot again", "job"]],
  [["job's disconnect", "same bot again"]],
])("%s: whatever the order, nothing of it is used after its end", (names) => all(names), TIME);

test(
  "same bot again x same bot again: one of two that connect at once stays",
  () => all(["same bot again", "same bot again"], { before: elsewhere(true, "same bot again #2") }),
  TIME,
);

test.each<[boolean | "last", Name, Name]>([
  [false, "logout", "refresh"],
  [false, "logout", "second workspace"],
  [false, "logout", "use"],
  [false, "logout", "slow request"],
  ["last", "logout", "refresh"],
  ["last", "logout", "second workspace"],
  ["last", "logout", "use"],
  [true, "logout", "refresh"],
  [true, "logout", "second workspace"],
  [true, "logout", "job"],
])(
  "revokeOnLogout: %s: %s x %s: whatever the order, the session is out",
  (revokeOnLogout, a, b) => all([a, b], { options: { revokeOnLogout } }),
  TIME,
);

test.each<[Name, Name, Name]>([
  ["logout", "second workspace", "use"],
  ["logout", "same bot again", "use"],
])(
  "%s x %s on another device x %s: whatever the order, the session is out",
  (a, b, c) => all([a, b, c], { before: elsewhere(true, b), options: { revokeOnLogout: false } }),
  TIME,
);

test.each([false, true])(
  'two sessions log out at once with "last" (both have used it: %s): the connection ends, once',
  (isUsed) =>
    all(["logout", "logout"], {
      options: { revokeOnLogout: "last" },
      before: elsewhere(isUsed, "logout #2"),
      async after({ judge, emulator }, _answers, _browsers, context) {
        expect(judge.held(), context).toEqual([]);
        expect(emulator.activeTokens(), context).toEqual([]);
      },
    }),
  TIME,
);

test.each([false, true])(
  'logout with "last" x use on another device (used there before: %s): nothing is taken from who uses it',
  (isUsed) =>
    all(["logout", "use"], {
      options: { revokeOnLogout: "last" },
      before: elsewhere(isUsed, "use"),
      async after(world, answers, browsers, context) {
        // Who was answered with a connection has it still.
        if (answers.use?.status !== 200) return expect(isUsed, context).toBe(false);
        const again = await world.clock.await(browsers.use!.get("/me", { accept: "application/json" }));
        expect(`${again.status} ${again.body}`, context).toBe('200 {"works":true}');
      },
    }),
  TIME,
);

test.each<Name[][]>([
  [["erasure", "refresh"]],
  [["erasure", "same bot again"]],
  [["erasure", "second workspace"]],
  [["erasure", "job"]],
  [["erasure", "logout"]],
  [["erasure", "add"]],
  [["erasure", "erasure"]],
  [["erasure", "refresh", "second workspace"]],
  [["erasure", "job's disconnect"]],
])("%s: whatever the order, nothing of the user is left", (names) => all(names), TIME);

test.each<[boolean, Name[]]>([
  [false, ["logout of the others", "use"]],
  [true, ["logout of the others", "use"]],
  [true, ["logout of the others", "use", "same bot again"]],
  [true, ["logout of the others", "slow request", "second workspace"]],
  [true, ["logout of the others", "refresh"]],
])(
  "the use of another device (used before: %s) in %s: who is logged out is out, and stays so",
  (isUsed, names) =>
    all(names, {
      before: elsewhere(isUsed, "use", "slow request", "refresh"),
      async after(world, answers, browsers, context) {
        if (answers["logout of the others"]?.status !== 200) return;
        const [actor] = names.slice(1) as [Name];
        const device = browsers[actor]!;
        const sessions = await world.clock.await(world.processes[0]!.notion.connections.sessions({ user: ADA }));
        const isListed = sessions.some((one) => one.is(sessionIdOf(device)));
        // What takes the place of a connection does not bring it back.
        for (const connection of (
          await world.clock.await(world.processes[0]!.notion.connections.find({ user: ADA }))
        ).slice(1))
          await world.clock.await(connection.disconnect());
        const isIn = await world.isConnected(device);
        expect({ isListed, isIn }, context).toEqual(
          isUsed ? { isListed: false, isIn: false } : { isListed: isIn, isIn },
        );
      },
    }),
  TIME,
);

test.each<Name[][]>([[["add", "add"]], [["add", "add", "refresh"]], [["add", "same bot again"]], [["add", "job"]]])(
  "%s: whatever the order, what is brought in is there once",
  (names) => all(names),
  TIME,
);

test(
  "add of dead tokens x the same: its refresh token is sent once",
  () =>
    all(["add of dead tokens", "add of dead tokens"], {
      behaviour: { refreshReplay: "kill_family" },
      async after(_world, answers, _browsers, context) {
        const [one, other] = Object.values(answers).map((answer) => `${answer?.status} ${answer?.body}`);
        expect(one, context).toMatch(/^200 /);
        expect(other, context).toBe(one);
      },
    }),
  TIME,
);

test.each<Name[][]>([
  [["export", "refresh"]],
  [["export", "job"]],
  [["export", "same bot again"]],
  [["export", "disconnect"]],
])("%s: whatever the order, what the app takes out works there, or ends here", (names) => all(names), TIME);

/** The user has taken the app out at Notion: the next refresh is refused. */
const endedAtNotion: Scene["before"] = async ({ emulator }) => {
  emulator.endUserDisconnect(emulator.activeTokens()[0]!.botId);
  return undefined;
};

test.each<Name[][]>([[["erasure", "refresh"]], [["disconnect", "refresh"]], [["job's disconnect", "refresh"]]])(
  "%s, which Notion refuses: whatever the order, nothing is kept to be connected again",
  (names) =>
    all(names, {
      before: endedAtNotion,
      async after({ judge }, _answers, _browsers, context) {
        const kept = [...judge.entries.values()].filter(({ data }) => data.connection !== undefined);
        expect(
          kept.map(({ state }) => state),
          context,
        ).toEqual([]);
      },
    }),
  TIME,
);

const [replaces, use, other] = ["same bot again", "use", "second workspace"] as const;

test(
  "a login replaces a session while that one meets a connection for the first time: its id is out, whatever the user has afterwards",
  () =>
    all([replaces, use, other], {
      legs: [[replaces, "find user"], [other, "replace entry held"], [use, "get mark"], [other], [replaces], [use]],
      before: elsewhere(true, other),
      async after(world, _answers, browsers, context) {
        const { connections } = world.processes[0]!.notion;
        for (const one of await world.clock.await(connections.find({ user: ADA })))
          if (one.connection.workspaceName !== "Home") await world.clock.await(one.disconnect());
        for (const [sid, row] of world.written) world.rows.set(sid, row);
        expect(await world.isConnected(browsers.use!), context).toBe(false);
      },
    }),
  TIME,
);

test(
  "the others are logged out while one of them meets a connection for the first time: it is out, whatever the user has afterwards",
  () =>
    all(["logout of the others", use, replaces], {
      legs: [
        [replaces, "insert entry arriving"],
        ["logout of the others", "find user"],
        [replaces, "replace entry held"],
        [use, "get mark"],
        ["logout of the others"],
        [use],
        [replaces],
      ],
      before: elsewhere(true, use),
      after: async (world, _answers, browsers, context) =>
        expect(await world.isConnected(browsers.use!), context).toBe(false),
    }),
  TIME,
);
