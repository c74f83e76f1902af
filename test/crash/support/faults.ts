import { delay, eventually } from "../../support/app.js";
import type { KillableApp } from "./killable-app.js";
import type { Lab } from "./lab.js";

/** Longer than a vault may take for a call, in ms. */
const STOP = 3500;

/** What happens to a process, or to the database, while requests of that process are in the middle of something. */
export interface Fault {
  /** Whether the other processes feel it, too. */
  readonly isOfAll?: true;
  /** Strikes while the requests wait at their calls, and lets them go on. */
  strike(victim: KillableApp, lab: Lab): Promise<unknown>;
  /** Goes over before the requests are answered, as nobody could answer otherwise. */
  relent?(victim: KillableApp): Promise<unknown>;
  /** Goes over when they have been answered. */
  heal?(victim: KillableApp, lab: Lab): unknown;
}

async function goUntilAnswersAreKept(victim: KillableApp): Promise<void> {
  victim.network.hold("answers");
  await victim.go();
  await eventually(() => victim.network.keptAnswers > 0, "answers of the database", 5000).catch(() => {});
}

function partition(way: "requests" | "answers", what: "late" | "lost"): Fault {
  return {
    strike(victim) {
      victim.network.hold(way);
      return victim.go();
    },
    heal: (victim) => victim.network.heal(what),
  };
}

const wakeUp = async (victim: KillableApp) => {
  await delay(STOP);
  victim.child.kill("SIGCONT");
};

/** Faults of one process and its network. */
export const own: Readonly<Record<string, Fault>> = {
  "cut off": {
    strike(victim) {
      victim.network.cut();
      return victim.go();
    },
    heal: (victim) => victim.network.heal(),
  },
  "requests arrive late": partition("requests", "late"),
  "requests are lost": partition("requests", "lost"),
  "answers arrive late": partition("answers", "late"),
  "answers are lost": partition("answers", "lost"),
  "SIGSTOP at the call": {
    async strike(victim) {
      victim.child.kill("SIGSTOP");
      // It reads this when it goes on, if it is not killed before, at the end of the test.
      victim.go().catch(() => {});
    },
    relent: wakeUp,
  },
  "SIGSTOP before the answer is read": {
    async strike(victim) {
      await goUntilAnswersAreKept(victim);
      victim.child.kill("SIGSTOP");
      victim.network.heal();
    },
    relent: wakeUp,
  },
};

/** Faults of the database. */
export const common: Readonly<Record<string, Fault>> = {
  "the database is killed at the call": {
    isOfAll: true,
    async strike(victim, { database }) {
      await database.kill();
      await victim.go();
    },
    heal: (_victim, { database }) => database.restart(),
  },
  "the database is killed between its write and its answer": {
    isOfAll: true,
    async strike(victim, { database }) {
      await goUntilAnswersAreKept(victim);
      await database.kill();
      victim.network.heal("lost");
    },
    heal: (_victim, { database }) => database.restart(),
  },
};
