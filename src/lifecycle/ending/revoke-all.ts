import { OptionError } from "../../errors.js";
import { checkNames } from "../../options/check-names.js";
import { asConnection, type ConnectionEntry, sessionKey } from "../../vault/entry.js";
import { tokenHash } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { endConnections } from "./end-connections.js";
import { combineOutcomes, type RevocationOutcome } from "./outcome.js";

/** Which connections to end: those that match every field that is given. At least one is required. */
export interface RevokeAllFilter {
  readonly botId?: string;
  readonly workspaceId?: string;
  /** Id of a session of the app (`req.sessionID`). The session itself goes on. */
  readonly session?: string;
}

/** How many connections are read, and end, at once. */
const BATCH = 50;

/**
 * Ends all connections that match, and revokes their tokens.
 * @throws OptionError, or the StoreError that kept it from reading or ending one of them; calling again ends what is left
 */
export async function revokeAll(core: Core, filter: RevokeAllFilter): Promise<RevocationOutcome> {
  const [first, ...others] = keysOfFilter(filter);
  const outcomes: RevocationOutcome[] = [];
  let failure: unknown;
  for (let after: string | undefined = ""; after !== undefined; ) {
    const found = await core.vault.find({ key: first as string }, { limit: BATCH, ...(after !== "" && { after }) });
    const matching = found.filter(({ state, keys }) => state === "held" && others.every((key) => keys.includes(key)));
    const results = await Promise.allSettled(matching.map((entry) => endOne(core, entry as ConnectionEntry)));
    for (const result of results) {
      if (result.status === "fulfilled") outcomes.push(result.value);
      // One that could not be ended stops no other.
      else failure ??= result.reason;
    }
    after = found.length < BATCH ? undefined : found.at(-1)?.id;
  }
  if (failure !== undefined) throw failure;
  return combineOutcomes(outcomes);
}

function keysOfFilter(filter: RevokeAllFilter): string[] {
  if (typeof filter !== "object" || filter === null) throw new OptionError("revokeAll", "revokeAll() needs an object.");
  checkNames("revokeAll.", filter, ["botId", "workspaceId", "session"]);
  const { botId, workspaceId, session } = filter;
  // One that is there without a value would end more than was meant.
  const given: unknown[] = Object.values(filter);
  if (given.length === 0 || given.some((value) => typeof value !== "string" || value === ""))
    throw new OptionError(
      "revokeAll",
      "revokeAll() needs at least one of `botId`, `workspaceId`, `session`, as strings.",
    );
  return [
    ...(session === undefined ? [] : [sessionKey(tokenHash(session))]),
    ...(botId === undefined ? [] : [`bot:${botId}`]),
    ...(workspaceId === undefined ? [] : [`workspace:${workspaceId}`]),
  ];
}

async function endOne(core: Core, entry: ConnectionEntry): Promise<RevocationOutcome> {
  const revoke = await endConnections(core, [asConnection(entry) as ConnectionEntry], "disconnected");
  return revoke();
}
