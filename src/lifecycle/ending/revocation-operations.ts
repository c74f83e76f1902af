import { type ConnectionEntry, type EndCause, isReadable } from "../../vault/entry.js";
import type { EntryState } from "../../vault/vault.js";
import { changeEntry } from "../entries.js";
import type { Core } from "../core.js";

/** What operators see of a revocation. Never a token. */
export interface RevocationSummary {
  /** Id of the entry in the vault. */
  readonly id: string;
  /** Why its tokens have to die. */
  readonly reason: EndCause | undefined;
  /** Since when, in ms since 1970. */
  readonly since: number | undefined;
  /** How often it was tried in vain. */
  readonly attempts: number;
  /** What the last try failed with. */
  readonly cause: string | undefined;
  /** In how many ms it is tried next; null when it was given up. */
  readonly dueIn: number | null;
}

/** What waits and what failed, for a readiness probe or a dashboard. */
export interface Health {
  /** How many revocations wait; counted up to 1000. */
  readonly waiting: number;
  /** Since when the oldest of them waits, in ms since 1970. */
  readonly since: number | undefined;
  /** How many were given up; counted up to 1000. */
  readonly failed: number;
}

/** Operations for those who run the app. */
export interface RevocationOperations {
  /** Revocations that wait for their next try. @param limit at most so many; default 1000 @throws StoreError */
  pending(limit?: number): Promise<RevocationSummary[]>;
  /** Revocations that were given up. @param limit at most so many; default 1000 @throws StoreError */
  failed(limit?: number): Promise<RevocationSummary[]>;
  /** Tries a revocation again, now and from the beginning. @returns false when there is none with this id @throws StoreError */
  retry(id: string): Promise<boolean>;
  /** Works off what is due. A process that serves does it anyway; one that only does this stays alive until `close()`. */
  work(): void;
}

export async function listRevocations(core: Core, state: EntryState, limit = 1000): Promise<RevocationSummary[]> {
  return (await core.vault.find({ state }, { limit })).map(summarize);
}

export async function retryRevocation(core: Core, id: string): Promise<boolean> {
  const entry = await changeEntry(core.vault, id, (found) => {
    if (found.state !== "failed" && found.state !== "ending") return undefined;
    return {
      ...found,
      state: "ending",
      dueIn: 0,
      data: { ...found.data, since: core.now(), triedAt: core.now(), attempts: 0, waited: 0 },
    };
  });
  if (entry?.state !== "ending") return false;
  core.wake(0);
  return true;
}

export async function readHealth(core: Core): Promise<Health> {
  const [waiting, failed] = await Promise.all([listRevocations(core, "ending"), listRevocations(core, "failed")]);
  const times = waiting.flatMap(({ since }) => since ?? []);
  return {
    waiting: waiting.length,
    since: times.length === 0 ? undefined : Math.min(...times),
    failed: failed.length,
  };
}

function summarize(entry: Awaited<ReturnType<Core["vault"]["find"]>>[number]): RevocationSummary {
  const {
    cause: reason,
    since,
    attempts = 0,
    failure,
  } = (isReadable(entry) ? entry : { data: {} }).data as Partial<ConnectionEntry["data"]>;
  return { id: entry.id, reason, since, attempts, cause: failure, dueIn: entry.dueIn };
}
