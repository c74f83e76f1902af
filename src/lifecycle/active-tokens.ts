import type { NotionClient } from "../api/client.js";
import { tokenHash } from "../connections/token-pair.js";
import { BoundedMap } from "./bounded-map.js";

/** What Notion last said of tokens, by their hash. Bounded; one question at a time per token. */
export interface ActiveTokens {
  /**
   * @param maxAge how old an answer may be, in ms
   * @throws NotionApiError when Notion gives no clear answer
   */
  isActive(token: string, maxAge: number): Promise<boolean>;
  /** The token is on its way to die by our own doing: inactive from now on, whatever Notion said before. */
  ending(token: string): void;
  /** Notion issued it, maybe again: what was known of it before counts no more. */
  issued(token: string): void;
}

interface Entry {
  readonly active: boolean;
  readonly at: number;
}

export function createActiveTokens(client: NotionClient, now: () => number): ActiveTokens {
  const known = new BoundedMap<Entry>(10_000);
  const asking = new Map<string, Promise<boolean>>();
  /** Tokens that we end do not become active again unless Notion issues them once more, even when an answer from before is still under way. */
  const ended = new BoundedMap<true>(10_000);

  async function ask(token: string, hash: string): Promise<boolean> {
    const at = now();
    const { active } = await client.introspect(token);
    if (ended.get(hash)) return false;
    known.set(hash, { active, at });
    return active;
  }

  return {
    async isActive(token, maxAge) {
      const hash = tokenHash(token);
      if (ended.get(hash)) return false;
      const entry = known.get(hash);
      // A clock that was set back would make an answer younger than it is.
      const age = now() - (entry?.at ?? 0);
      if (entry !== undefined && age >= 0 && age < maxAge) return entry.active;
      const running = asking.get(hash) ?? ask(token, hash).finally(() => asking.delete(hash));
      asking.set(hash, running);
      return running;
    },
    ending(token) {
      const hash = tokenHash(token);
      known.delete(hash);
      ended.set(hash, true);
    },
    issued(token) {
      const hash = tokenHash(token);
      known.delete(hash);
      ended.delete(hash);
    },
  };
}
