import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, onTestFinished, test } from "vitest";
import { createNotionOAuth } from "../../src/index.js";
import { temporary } from "../support/server-process.js";
import { expectWorking, interleave, type Name, type Scene } from "./support/interleave.js";
import { neglected, refreshedOne, replacedHere, shared, usedElsewhere } from "./support/scenes.js";
import { ADA } from "./support/user-operations.js";

// Each of these protections is needed: without it, an order of steps is found that breaks the promise. With it, none is.

interface Protection {
  readonly file: string;
  readonly code: string;
  readonly without: string;
  readonly names: readonly Name[];
  readonly scene?: Scene;
}

const stays: Scene["after"] = async (world, answers, browsers, context) => {
  if (answers.use?.status === 200) await expectWorking(world, browsers.use, context);
};

const protections: Readonly<Record<string, Protection>> = {
  "a worker ends only the version that it took": {
    file: "lifecycle/worker/process-entry.ts",
    code: "if (!(await core.vault.replace(next, entry.version)))",
    without: "if (!(await core.vault.replace(next, (await core.vault.get(entry.id)).version)))",
    names: ["use", "worker"],
    scene: { before: neglected, after: stays },
  },
  "whoever ends an entry looks for other holders": {
    file: "lifecycle/ending/other-holders.ts",
    code: "return new Set(tokens.filter(",
    without: "return new Set([].filter(",
    names: ["worker", "use"],
    scene: { ...shared, before: usedElsewhere },
  },
  "whoever ends an entry gives its newer pair to those who still have the one before": {
    file: "lifecycle/ending/other-holders.ts",
    code: "await handDown(core, set, await holdersOf(core, id, ...tokens));",
    without: "await holdersOf(core, id, ...tokens);",
    names: ["refresh", "another account"],
    scene: { ...replacedHere, legs: refreshedOne("another account") },
  },
  "a use makes its connection due later": {
    file: "lifecycle/expiry/keep-alive.ts",
    code: "if (!needsWrite(entry, session.lifetime))",
    without: "if (entry !== undefined)",
    names: ["use", "worker"],
    scene: { before: neglected, after: stays },
  },
  "a login takes its tokens out of the entries in which they wait to die": {
    file: "lifecycle/login/receive-tokens.ts",
    code: "const others = await reclaimTokens(core, id, set);",
    without: "const others = [];",
    names: ["same bot again", "worker"],
    scene: {
      ...shared,
      async before(world, browser) {
        world.emulator.fault("revoke", { status: 429, retryAfter: 60, times: 2 });
        await world.clock.await(browser.post("/logout"));
        world.jump(120_000);
        return { "same bot again": world.browser() };
      },
    },
  },
  "a login looks at its end whether a logout has come meanwhile": {
    file: "express/session/enter-session.ts",
    code: "if ((await readMark(core, next.hash)) !== undefined)",
    without: "if (core === undefined)",
    names: ["logout", "another account"],
  },
  "a pair that comes to an entry that has ended dies": {
    file: "lifecycle/refresh/keep-new-pair.ts",
    code: "if (!isKept) {",
    without: "if (isKept === undefined) {",
    names: ["refresh", "logout"],
  },
  "a refresh looks for others again when its notes stand": {
    file: "lifecycle/refresh/sent-note.ts",
    code: 'return { verdict: newer === undefined && others.every(isNoted) ? "send" : "changed", noted };',
    without: 'return { verdict: newer === undefined ? "send" : "changed", noted };',
    names: ["refresh", "same bot again, and a refresh", "another account"],
    scene: {
      ...shared,
      // The login comes between the two, and the connection that is refreshed ends before the answer.
      legs: [
        ["refresh", "find token (2)"],
        ["same bot again, and a refresh", "writes the session (2)"],
        ["refresh", "token"],
        ["another account"],
        ["same bot again, and a refresh", "get entry (6)"],
        ["refresh"],
      ],
      before: async (world) => ({ "same bot again, and a refresh": world.browser() }),
    },
  },
  "a refresh heeds the note of another": {
    file: "lifecycle/refresh/sent-note.ts",
    code: "if (sent?.token !== own.token)",
    without: "if (own !== undefined)",
    names: ["refresh", "refresh"],
  },
};

/** The user goes on with the connection, also when it was replaced. */
const goesOn: Scene["after"] = async (_world, { job }, _browsers, context) => {
  expect(`${job?.status} ${job?.body}`, context).toBe('200 {"works":true}');
};

/** The same for connections of users. With them, the orders of `user-interleavings.test.ts` find nothing. */
const ofUsers: Readonly<Record<string, Protection>> = {
  "a session looks for its mark before it is listed": {
    file: "lifecycle/users/load-user-connections.ts",
    code: "if (mark !== undefined)",
    without: "if (mark === null)",
    names: ["logout", "use"],
  },
  "a logout of others takes them off the connections": {
    file: "lifecycle/users/log-out-others.ts",
    code: "for (const entry of await shownOf(core, user))",
    without: "for (const entry of [])",
    names: ["logout of the others", "use"],
    scene: {
      async before(world) {
        const device = await world.browserOf(ADA);
        await world.clock.await(device.get("/state"));
        return { use: device };
      },
      after: async (world, _answers, browsers, context) =>
        expect(await world.isConnected(browsers.use!), context).toBe(false),
    },
  },
  "an arrival is found by its user": {
    file: "lifecycle/login/receive-tokens.ts",
    code: "keysOf({ connection, ...known }, set)",
    without: "keysOf({ connection }, set)",
    names: ["erasure", "same bot again"],
  },
  "a login looks whether all that its user had was ended": {
    file: "express/session/enter-session.ts",
    code: "(await isEnded(core, user))",
    without: "user === null",
    names: ["erasure", "second workspace"],
  },
  "a job follows to what took the place of its connection": {
    file: "lifecycle/connections/use-connection.ts",
    code: "if (successor !== undefined)",
    without: "if (successor === null)",
    names: ["job", "same bot again"],
    scene: { after: goesOn },
  },
  "an export waits for a refresh": {
    file: "lifecycle/connections/export-connection.ts",
    code: "if (sent !== undefined && sent.at !== awaited)",
    without: "if (awaited !== undefined)",
    names: ["export", "refresh"],
  },
  "what is added is refreshed by one": {
    file: "lifecycle/claim-mark.ts",
    code: "if (await vault.insert(mark))",
    without: "if ((await vault.insert(mark)) !== undefined)",
    names: ["add of dead tokens", "add of dead tokens"],
  },
  "an end forgets what was kept to be connected again": {
    file: "lifecycle/ending/end-entry.ts",
    code: "return live === undefined ? forgotten(found) : change(live);",
    without: "return live === undefined ? undefined : change(live);",
    names: ["erasure", "refresh"],
    scene: {
      async before({ emulator }) {
        emulator.endUserDisconnect(emulator.activeTokens()[0]!.botId);
        return undefined;
      },
    },
  },
};

const sources = fileURLToPath(new URL("../../src", import.meta.url));

/** The package with other code in one place, in one file: no other test may see it. */
async function changed({
  file,
  code,
  without,
}: Pick<Protection, "file" | "code" | "without">): Promise<typeof createNotionOAuth> {
  const directory = mkdtempSync(join(tmpdir(), "unprotected-"));
  const { remove } = temporary(directory);
  onTestFinished(remove);
  const path = join(sources, file);
  const transform = (source: string, id: string) => {
    if (id !== path) return undefined;
    expect(source).toContain(code);
    return source.replace(code, without);
  };
  const build = await rolldown({
    input: join(sources, "index.ts"),
    platform: "node",
    external: /^[^./]/,
    plugins: [{ name: "unprotected", transform }],
  });
  const bundle = join(directory, "index.mjs");
  await build.write({ file: bundle, format: "esm", codeSplitting: false });
  await build.close();
  // What vitest imports it changes first, as if it were a test.
  return (createRequire(import.meta.url)(bundle) as { createNotionOAuth: typeof createNotionOAuth }).createNotionOAuth;
}

const TIME = { timeout: 300_000 };

async function expectBroken(names: readonly Name[], scene: Scene): Promise<void> {
  const error = await interleave(names, { ...scene, orders: 2500 }).then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  expect(error?.message).toMatch(/^CRASH_SEED=/);
}

test.each(Object.entries(protections))("%s", TIME, async (_name, { names, scene, ...change }) => {
  await expectBroken(names, { ...scene, create: await changed(change) });
});

test.each(Object.entries(ofUsers))("%s", TIME, async (_name, { names, scene, ...change }) => {
  await expectBroken(names, { ...scene, users: true, create: await changed(change) });
});

test.each(Object.entries(protections))("%s: with it, no such order is found", TIME, async (_name, { names, scene }) => {
  await interleave(names, { ...scene, create: createNotionOAuth, orders: 60 });
});
