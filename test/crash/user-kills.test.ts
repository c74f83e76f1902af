import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import type { NotionConnection } from "../../src/index.js";
import { virtualClock } from "./support/clock.js";
import { type Act, type Name, operations } from "./support/interleave.js";
import { serverOf } from "./support/memory-network.js";
import { SEED, scale } from "./support/random.js";
import { ADA } from "./support/user-operations.js";
import type { VaultCall } from "./support/watched-vault.js";
import { openWorld, type World } from "./support/world.js";

/** One kill of so many is tried: an odd number, so that some come before a call and some after one. */
const SAMPLE = scale > 1 ? 1 : 3;

interface Point {
  readonly call: number;
  readonly when: "before" | "after";
}

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
    let calls = 0;
    let victim = -1;
    let point: Point | undefined;
    const numbers = new WeakMap<VaultCall, number>();
    const reach = (index: number, call: VaultCall, when: Point["when"]) => {
      if (index !== victim || call.method === "nextDueIn") return;
      if (when === "before") {
        calls += 1;
        numbers.set(call, calls);
      }
      if (point?.call === numbers.get(call) && point?.when === when) world.processes[index]!.kill();
    };
    const world: World = await openWorld({
      clock,
      emulator,
      notionServer,
      processes: 1,
      users: true,
      options: { revokeOnLogout },
      hooks: (index) => ({
        before: (call) => reach(index, call, "before"),
        happened: (call) => reach(index, call, "after"),
      }),
    });
    onTestFinished(() => world.end());

    /** @returns what is broken; undefined when there was no such call */
    async function strike(at: Point): Promise<string[] | undefined> {
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
      const process = await world.start();
      const index = world.processes.length - 1;
      const act: Act = await operations[name](world, browser.copy(), name, index);
      await clock.settled();
      [calls, victim, point] = [0, index, at];
      let isAnswered = false;
      void act().then(() => {
        isAnswered = true;
      });
      await clock.until(() => isAnswered || process.isDead, name);
      victim = -1;
      if (!process.isDead) {
        process.kill();
        return undefined;
      }
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
      return broken.map((what) => `${at.when} call ${at.call}: ${what}`);
    }

    const broken: string[] = [];
    let kills = 0;
    for (let index = SEED % SAMPLE; ; index += SAMPLE) {
      const when = index % 2 === 0 ? "before" : "after";
      const found = await strike({ call: Math.floor(index / 2) + 1, when });
      if (found !== undefined) {
        kills += 1;
        broken.push(...found);
      } else if (when === "before") break;
    }
    console.info(`${name}: ${kills} kills`);
    expect(kills).toBeGreaterThan(0);
    expect(broken, `CRASH_SEED=${SEED}`).toEqual([]);
  },
);
