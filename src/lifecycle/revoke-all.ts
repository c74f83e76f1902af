import { type ActiveConnection, parseStored } from "../connections/connection-record.js";
import { OptionError, StoreError } from "../errors.js";
import { checkNames } from "../check-names.js";
import type { Core } from "./core.js";
import { endConnections } from "./end-connections.js";
import type { LoadedConnection } from "./load-connections.js";
import { combineOutcomes, type RevocationOutcome } from "./revocation-outcome.js";

/** Which connections to end: those that match every field that is given. At least one is required. */
export interface RevokeAllFilter {
  readonly botId?: string;
  /** Notion's id of the user who connected. */
  readonly userId?: string;
  readonly workspaceId?: string;
}

/** How many connections end at once. */
const BATCH = 20;

/** Ends all connections that match. @throws StoreError `not_enumerable`, or what kept it from reading or ending one of them */
export async function revokeAll(core: Core, filter: RevokeAllFilter): Promise<RevocationOutcome> {
  if (typeof filter !== "object" || filter === null) throw new OptionError("revokeAll", "revokeAll() needs an object.");
  checkNames("revokeAll.", filter, ["botId", "userId", "workspaceId"]);
  const { botId, userId, workspaceId } = filter;
  const given = [botId, userId, workspaceId].filter((value) => value !== undefined);
  if (given.length === 0 || given.some((value) => typeof value !== "string" || value === "")) {
    throw new OptionError(
      "revokeAll",
      "revokeAll() needs at least one of `botId`, `userId`, `workspaceId`, as strings.",
    );
  }
  if (core.connections.entries === undefined) throw new StoreError("not_enumerable");
  const matching: LoadedConnection[] = [];
  let failure: unknown;
  for (const [id, value] of await core.connections.entries()) {
    try {
      const record = parseStored(value);
      if (record?.state === "active" && matches(record, filter)) matching.push({ id, record });
    } catch (error) {
      failure = error;
    }
  }
  const results: PromiseSettledResult<RevocationOutcome>[] = [];
  for (let start = 0; start < matching.length; start += BATCH) {
    const batch = matching.slice(start, start + BATCH);
    results.push(...(await Promise.allSettled(batch.map((one) => endOne(core, one)))));
  }
  // One that could not be read or ended stops no other; calling again ends what is left.
  failure ??= results.find((result) => result.status === "rejected")?.reason;
  if (failure !== undefined) throw failure;
  return combineOutcomes(results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])));
}

function matches(record: ActiveConnection, { botId, userId, workspaceId }: RevokeAllFilter): boolean {
  const user = record.owner.type === "user" ? record.owner.user.id : undefined;
  return (
    (botId ?? record.botId) === record.botId &&
    (workspaceId ?? record.workspaceId) === record.workspaceId &&
    (userId ?? user) === user
  );
}

function endOne(core: Core, connection: LoadedConnection): Promise<RevocationOutcome> {
  const { logoutTimeout } = core.options;
  return endConnections(core, {
    connections: [connection],
    reason: "disconnected",
    revoke: true,
    mode: "inline",
    timeout: logoutTimeout,
  });
}
