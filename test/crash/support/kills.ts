import { expect } from "vitest";
import type { Act } from "./interleave.js";
import { SEED, scale } from "./random.js";
import type { VaultCall } from "./watched-vault.js";
import { type AppProcess, openWorld, type World, type WorldOptions } from "./world.js";

/** One kill of so many is tried: an odd number, so that some come before a call and some after one. */
const SAMPLE = scale > 1 ? 1 : 3;

/** A process dies before or after one of its calls of the vault, counted from 1. */
export interface Kill {
  readonly call: number;
  readonly when: "before" | "after";
}

export interface KillableWorld extends World {
  /**
   * Carries something out on a process of its own, which is killed at one of its calls.
   * @param prepare is given the index of that process
   * @returns the process; undefined when there was no such call
   */
  strike(kill: Kill, prepare: (index: number) => Promise<Act>): Promise<AppProcess | undefined>;
}

export async function openKillableWorld(options: Omit<WorldOptions, "hooks">): Promise<KillableWorld> {
  const { clock } = options;
  let calls = 0;
  let victim = -1;
  let kill: Kill | undefined;
  const numbers = new WeakMap<VaultCall, number>();
  const reach = (index: number, call: VaultCall, when: Kill["when"]) => {
    if (index !== victim || call.method === "nextDueIn") return;
    if (when === "before") {
      calls += 1;
      numbers.set(call, calls);
    }
    if (kill?.call === numbers.get(call) && kill?.when === when) world.processes[index]!.kill();
  };
  const world = await openWorld({
    ...options,
    hooks: (index) => ({
      before: (call) => reach(index, call, "before"),
      happened: (call) => reach(index, call, "after"),
    }),
  });
  return Object.assign(world, {
    async strike(at: Kill, prepare: (index: number) => Promise<Act>) {
      const process = await world.start();
      const index = world.processes.indexOf(process);
      const act = await prepare(index);
      await clock.settled();
      [calls, victim, kill] = [0, index, at];
      let isAnswered = false;
      void act().then(() => {
        isAnswered = true;
      });
      await clock.until(() => isAnswered || process.isDead, "the answer, or the kill");
      victim = -1;
      if (process.isDead) return process;
      process.kill();
      return undefined;
    },
  });
}

/** Tries kills before and after each call. @param strike says what was broken; undefined when there was no such call */
export async function expectNothingBroken(
  name: string,
  strike: (kill: Kill) => Promise<readonly string[] | undefined>,
): Promise<void> {
  const broken: string[] = [];
  let kills = 0;
  for (let index = SEED % SAMPLE; ; index += SAMPLE) {
    const kill = { call: Math.floor(index / 2) + 1, when: index % 2 === 0 ? "before" : "after" } as const;
    const found = await strike(kill);
    if (found !== undefined) {
      kills += 1;
      broken.push(...found.map((what) => `${kill.when} call ${kill.call}: ${what}`));
    } else if (kill.when === "before") break;
  }
  console.info(`${name}: ${kills} kills`);
  expect(kills).toBeGreaterThan(0);
  expect(broken, `CRASH_SEED=${SEED}`).toEqual([]);
}
