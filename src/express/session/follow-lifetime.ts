import { keepAlive } from "../../lifecycle/expiry/keep-alive.js";
import { failureFields } from "../../support/failure-code.js";
import { isAnswerable } from "../http/answers.js";
import type { NotionState } from "../notion-state.js";
import { lifetimeOf, sessionFacts } from "./request-session.js";

/**
 * A life that the app gives the session in this request (`req.session.cookie.maxAge`, "keep me logged in") counts for its connections from then on:
 * nobody may come again before the old one is over.
 */
export function followLifetime(state: NotionState): void {
  const { edge, req, res } = state;
  if (!isAnswerable(res)) return;
  res.once("close", () => {
    if (!req.session) return;
    const lifetime = lifetimeOf(edge, req.session.cookie);
    const changed = state.live.filter(({ data }) => data.lifetime !== lifetime);
    if (changed.length === 0) return;
    const session = sessionFacts(edge, req);
    for (const entry of changed) {
      const written = keepAlive(edge.core, entry, session).catch((error: unknown) =>
        edge.core.logger.warn("the use of a connection could not be written", {
          entry: entry.id,
          ...failureFields(error, edge.core.options),
        }),
      );
      void edge.core.underway.follow(written);
    }
  });
}
