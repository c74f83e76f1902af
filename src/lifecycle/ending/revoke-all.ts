import { OptionError } from "../../errors.js";
import { checkUserId } from "../../options/check-user.js";
import { asConnection, type ConnectionEntry, isLive, sessionKey } from "../../vault/entry.js";
import { tokenHash } from "../../vault/tokens.js";
import { type ConnectionFilter, keysOfFilter } from "../connections/connection-filter.js";
import type { Core } from "../core.js";
import { logOutOthers } from "../users/log-out-others.js";
import { markUserEnded } from "../users/user-marks.js";
import { endConnections, revokeNow } from "./end-connections.js";
import { needsReconnect } from "./end-entry.js";
import { combineOutcomes, type RevocationOutcome } from "./outcome.js";

/** Which connections to end: those that match every field that is given. At least one is required. */
export interface RevokeAllFilter extends Omit<ConnectionFilter, "unattended"> {
  /** Id of a session of the app (`req.sessionID`) that holds connections by itself. The session itself goes on. */
  readonly session?: string;
  /**
   * With `user` alone: id of the session that stays (`req.sessionID`). All others in which the user's connections were used are logged out, on every device;
   * the connections stay the user's.
   */
  readonly except?: string;
}

/** What became of one connection. */
export interface ConnectionOutcome extends RevocationOutcome {
  /** Id of the connection. */
  readonly connection: string;
}

/** What became of all connections of a user, and of each. */
export interface RevokeAllOutcome extends RevocationOutcome {
  readonly connections: readonly ConnectionOutcome[];
}

/** With `user`, the outcome tells of each connection, too. */
export interface RevokeAll {
  (filter: RevokeAllFilter & { readonly user: string | number | bigint }): Promise<RevokeAllOutcome>;
  (filter: RevokeAllFilter): Promise<RevocationOutcome>;
}

/** How many connections are read, and end, at once. */
const BATCH = 50;

/**
 * Ends all connections that match, and revokes their tokens. With `user`, logins of that user which are just being finished end, too, and connections that
 * were kept to be connected again are forgotten.
 * @throws OptionError, or the StoreError that kept it from reading or ending one of them; calling again ends what is left
 */
export async function revokeAll(core: Core, filter: RevokeAllFilter): Promise<RevocationOutcome | RevokeAllOutcome> {
  const [first, ...others] = keysOf(filter);
  const { user, except } = filter;
  if (except !== undefined) {
    await logOutOthers(core, checkUserId("revokeAll.user", user), tokenHash(except));
    return { revocation: "none", tokens: 0, connections: [] };
  }
  if (user !== undefined && others.length === 0) await markUserEnded(core, String(user));
  const isWanted = (entry: ConnectionEntry) =>
    others.every((key) => entry.keys.includes(key)) && (user === undefined ? isHeld(entry, filter) : !isOver(entry));
  const connections: ConnectionOutcome[] = [];
  let failure: unknown;
  for (let after: string | undefined = ""; after !== undefined; ) {
    const found = await core.vault.find({ key: first as string }, { limit: BATCH, ...(after !== "" && { after }) });
    const matching = (found as ConnectionEntry[]).filter(isWanted);
    const results = await Promise.allSettled(matching.map((entry) => endOne(core, entry)));
    for (const result of results) {
      if (result.status === "fulfilled") connections.push(result.value);
      // One that could not be ended stops no other.
      else failure ??= result.reason;
    }
    after = found.length < BATCH ? undefined : found.at(-1)?.id;
  }
  if (failure !== undefined) throw failure;
  const outcome = combineOutcomes(connections);
  return user === undefined ? outcome : { ...outcome, connections };
}

function isHeld({ state, data }: ConnectionEntry, { session }: RevokeAllFilter): boolean {
  // What a user holds is no session's.
  return state === "held" && (session === undefined || data.user === undefined);
}

/** Whether nothing is left of it but its receipt. */
function isOver(entry: ConnectionEntry): boolean {
  return entry.state === "ended" && !needsReconnect(entry);
}

function keysOf(filter: RevokeAllFilter): string[] {
  const names = ["user", "botId", "workspaceId", "session", "except"];
  const keys = keysOfFilter("revokeAll", filter, names);
  const { session, except, ...others } = filter;
  for (const [name, id] of Object.entries({ session, except }))
    if (id !== undefined && typeof id !== "string")
      throw new OptionError(
        `revokeAll.${name}`,
        `\`${name}\` of revokeAll() must be the id of a session, as a string.`,
      );
  if (except !== undefined && Object.keys({ ...others, ...(session !== undefined && { session }) }).join() !== "user")
    throw new OptionError("revokeAll.except", "revokeAll() takes `except` with `user` and nothing else.");
  if (session !== undefined) keys.unshift(sessionKey(tokenHash(session)));
  if (keys.length === 0)
    throw new OptionError(
      "revokeAll",
      "revokeAll() needs at least one of `user`, `botId`, `workspaceId` and `session`.",
    );
  return keys;
}

async function endOne(core: Core, found: ConnectionEntry): Promise<ConnectionOutcome> {
  const entry = asConnection(found) as ConnectionEntry;
  const { id: connection } = entry;
  const revoke = await endConnections(core, [entry], "disconnected");
  if (isLive(entry)) return { connection, ...(await revoke()) };
  // Somebody who was killed meanwhile has asked for it before.
  return { connection, ...(await revokeNow(core, entry, core.options.logoutTimeout)) };
}
