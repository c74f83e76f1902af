import type { NotionClient } from "../../api/client.js";
import { BoundedMap } from "../../support/bounded-map.js";
import { SingleFlight } from "../../support/single-flight.js";
import { tokenHash } from "../../vault/tokens.js";

/** What Notion last said of tokens, by their hash. Bounded; one question at a time per token. */
export interface ActiveTokens {
  /**
   * @param maxAge how old an answer may be, in ms
   * @throws NotionApiError when Notion gives no clear answer
   */
  isActive(token: string, maxAge: number): Promise<boolean>;
  /** What was known of the token counts no more: it was revoked, or issued again. */
  forget(token: string): void;
}

/** @param now a clock that is never set back, in ms */
export function createActiveTokens(client: NotionClient, now: () => number): ActiveTokens {
  const known = new BoundedMap<{ readonly active: boolean; readonly at: number }>(10_000);
  const questions = new SingleFlight<boolean>();
  let forgotten = 0;

  async function ask(token: string, hash: string): Promise<boolean> {
    const at = now();
    const generation = forgotten;
    const { active } = await client.introspect(token);
    // What was forgotten meanwhile stays so: this answer may be from before.
    if (forgotten === generation) known.set(hash, { active, at });
    return active;
  }

  return {
    async isActive(token, maxAge) {
      const hash = tokenHash(token);
      const running = questions.get(hash);
      if (running !== undefined) return running;
      const entry = known.get(hash);
      if (entry !== undefined && now() - entry.at < maxAge) return entry.active;
      return questions.run(hash, () => ask(token, hash));
    },
    forget(token) {
      forgotten += 1;
      if (known.size > 0) known.delete(tokenHash(token));
    },
  };
}
