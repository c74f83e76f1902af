import type { ConnectionStore } from "../connections/connection-store.js";
import { BoundedMap } from "./bounded-map.js";
import { recordLifetime } from "./record-lifetime.js";
import type { SessionFacts } from "./session-facts.js";

/** Remembers which sessions were logged out, so that a slow request that saves its old copy revives nothing. */
export interface EndedSessions {
  /** On this process at once; on all once it resolves. */
  add(session: SessionFacts): Promise<void>;
  /** On this process only, where nothing is or can be stored. */
  addHere(session: SessionFacts): void;
  /** On this process only; costs nothing. */
  hasHere(hash: string): boolean;
  has(hash: string): Promise<boolean>;
}

export function createEndedSessions(connections: ConnectionStore, now: () => number): EndedSessions {
  const here = new BoundedMap<number>(100_000);
  const hasHere = (hash: string) => (here.get(hash) ?? 0) > now();
  // A slow request may save its copy a while after the logout, and the row lives a whole session's life from then.
  const addHere = ({ hash, lifetime }: SessionFacts) => here.set(hash, now() + recordLifetime(lifetime));
  return {
    addHere,
    async add(session) {
      const { hash, lifetime } = session;
      addHere(session);
      const mark = { v: 1, state: "logged_out", endedAt: now() } as const;
      await connections.set(sessionMark(hash), mark, recordLifetime(lifetime));
    },
    hasHere,
    async has(hash) {
      return hasHere(hash) || (await connections.get(sessionMark(hash)))?.state === "logged_out";
    },
  };
}

function sessionMark(hash: string): string {
  return `s.${hash}`;
}
