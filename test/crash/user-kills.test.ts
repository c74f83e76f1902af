import { onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import type { NotionConnection } from "../../src/index.js";
import { virtualClock } from "./support/clock.js";
import { type Name, operations } from "./support/interleave.js";
import { serverOf } from "./support/memory-network.js";
import { expectNothingBroken, type Kill, openKillableWorld } from "./support/kills.js";
import { ADA } from "./support/user-operations.js";

/** What the app and its user do after the crash, as one does: whoever was cut off asks again. */
interface Case {
  readonly name: Name;
  readonly revokeOnLogout?: boolean | "last";
  readonly again?: boolean;
  /** A job disconnects the bot afterwards. */
  readonly disconnect?: boolean;
}

const cases: readonly Case[] = [
  { name: "same bot again" },
  { name: "same bot again", disconnect: true },
  { name: "second workspace" },
  { name: "refresh" },
  { name: "job's disconnect", again: true },
  { name: "disconnect" },
  { name: "add", again: true },
  { name: "add of dead tokens", again: true },
  { name: "export" },
  { name: "logout of the others", again: true },
  { name: "erasure", again: true },
  ...([false, "last", true] as const).map((revokeOnLogout) => ({ name: "logout", revokeOnLogout }) as const),
];

test.each(cases)(
  "$name (revokeOnLogout: $revokeOnLogout, disconnected then: $disconnect) killed before and after each of its calls: all comes to its end, and a user has one connection of a bot",
  { timeout: 300_000 },
  async ({ name, revokeOnLogout = false, again = false, disconnect = false }) => {
    const emulator = createNotionEmulator({
      behaviour: { refreshReplay: "kill_family", refreshKillsAccessToken: false, revokeKillsRefreshToken: false },
    });
    const notionServer = await serverOf(() => emulator.start());
    onTestFinished(() => emulator.close());
    const clock = virtualClock();
    const world = await openKillableWorld({
      clock,
      emulator,
      notionServer,
      processes: 1,
      users: true,
      options: { revokeOnLogout },
    });
    onTestFinished(() => world.end());

    /** @returns what is broken; undefined when there was no such call */
    async function strike(kill: Kill): Promise<string[] | undefined> {
      await world.reset();
      emulator.configure({
        refreshReplay: "kill_family",
        refreshKillsAccessToken: false,
        revokeKillsRefreshToken: false,
      });
      const browser = await world.browserOf(ADA);
      await world.logIn(browser);
      const device = await world.browserOf(ADA);
      await clock.await(device.get("/state"));
      const old = browser.copy();
      const process = await world.strike(kill, (index) => operations[name](world, browser.copy(), name, index));
      if (process === undefined) return undefined;
      const losses = process.unsaved;
      // A worker ends what was cut off.
      await world.drain();
      if (again) await clock.await((await operations[name](world, old.copy(), `${name} again`, 0))());
      const broken: string[] = [];
      if (disconnect) {
        await clock.await((await operations["job's disconnect"](world, old.copy(), "job", 0))());
        if (world.judge.held().length > 0) broken.push("held after the disconnect");
      }
      // The user goes on, on another device, a while later.
      if (name === "same bot again") await clock.pass(61_000);
      const state = await clock.await(device.get("/state"));
      if (state.status !== 200) broken.push(`${state.status} ${state.body}`);
      await clock.settled();
      await world.drain();
      const { judge } = world;
      const bots = judge.held().map(({ data }) => (data.connection as NotionConnection).botId);
      if (new Set(bots).size < bots.length) broken.push("two connections of a bot");
      if (judge.orphans().length > losses) broken.push(...judge.orphans().map((one) => `orphan ${one}`));
      broken.push(...judge.taken().map((one) => `taken ${one}`), ...judge.replayed().map((one) => `replayed ${one}`));
      return broken;
    }

    await expectNothingBroken(name, strike);
  },
);
