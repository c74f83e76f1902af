import { type LoginTrace, trace } from "../../tracing.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { factsOf } from "../ending/end-entry.js";

/**
 * Runs a login as a trace of its own.
 * @param login calls `arrived` with what Notion has issued tokens for
 */
export function traceLogin<T>(
  { options: { clientId } }: Core,
  via: LoginTrace["via"],
  login: (arrived: (entry: ConnectionEntry) => void) => Promise<T>,
): Promise<T> {
  return trace(
    "login",
    () => ({ clientId, via }),
    (facts) =>
      login((entry) => {
        if (facts !== undefined) Object.assign(facts, factsOf(entry));
      }),
  );
}
