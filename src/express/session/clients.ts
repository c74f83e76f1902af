import type { Request } from "express";
import type { Core } from "../../lifecycle/core.js";
import { endConnections, revokesAtLogout } from "../../lifecycle/ending/end-connections.js";
import { insist } from "../../lifecycle/ending/insist.js";
import { combineOutcomes, type RevocationOutcome } from "../../lifecycle/ending/outcome.js";
import { findEntries } from "../../lifecycle/entries.js";
import type { SessionFacts } from "../../lifecycle/session/session-facts.js";
import { holdConnection } from "../../lifecycle/session/hold-connection.js";
import { keepReplaced, markLoggedOut, markReplaced } from "../../lifecycle/session/session-marks.js";
import { leaveUsers, moveSession } from "../../lifecycle/users/leave-users.js";
import { asConnection, type ConnectionEntry, type EndCause, sessionKey } from "../../vault/entry.js";
import type { Edge } from "../edge.js";
import { userOf } from "../request-user.js";
import { connectionIds } from "./request-session.js";

// A session belongs to the app and not to a client: with several createNotionOAuth() in one app, a login or logout through one ends the session for
// all. They know nothing of each other, and a request that one of them answers never reaches the others: hence this list of the process.
const clients = new Set<Edge>();

/** From now on logins and logouts of the app's other clients end this one's connections, too. */
export function joinClients(edge: Edge): void {
  clients.add(edge);
}

export function leaveClients(edge: Edge): void {
  clients.delete(edge);
}

/** The other clients of the app: those that have seen its sessions, or keep their connections in the same vault. */
function others(edge: Edge): Edge[] {
  return [...clients].filter((other) => {
    const isNeighbour = other.sessionStore === undefined && hasSameVault(edge, other);
    return other !== edge && (other.sessionStore === edge.sessionStore || isNeighbour);
  });
}

/** Whether another Notion client of the app keeps its connections under the same property of the session: each login would take them for its own. */
export function isNameTaken(edge: Edge, store: Edge["sessionStore"]): boolean {
  return [...clients].some(
    ({ core, name, sessionStore }) =>
      sessionStore === store && name === edge.name && core.options.clientId !== edge.core.options.clientId,
  );
}

/**
 * Clients that no request has passed yet, which may be this app's or another one's. Session ids are random, so that nothing of another app is found by
 * them; its vault may be away, and must not hold up anybody here.
 */
function strangers(edge: Edge): Edge[] {
  return [...clients].filter((other) => other.sessionStore === undefined && !hasSameVault(edge, other));
}

function hasSameVault(one: Edge, other: Edge): boolean {
  const { vault } = one.core.options;
  return vault !== undefined && vault === other.core.options.vault;
}

/**
 * Logs a session out for every client of the app: marks it and what took its place, and ends the connections of all of them.
 * @param listed connections that the session refers to
 * @param user the app's user who is logged in there
 * @returns revokes the tokens
 * @throws StoreError
 */
export async function endSession(
  edge: Edge,
  req: Request,
  sessions: readonly SessionFacts[],
  listed: readonly ConnectionEntry[],
  user: string | undefined,
): Promise<(() => Promise<RevocationOutcome>)[]> {
  for (const { core } of strangers(edge)) insist(core, async () => (await endFor(core, sessions, []))());
  const ended = [
    endFor(edge.core, sessions, listed, user),
    ...others(edge).map((other) => endFor(other.core, sessions, [], userOf(other, req))),
  ];
  return Promise.all(ended);
}

async function endFor(
  core: Core,
  sessions: readonly SessionFacts[],
  listed: readonly ConnectionEntry[],
  user?: string,
) {
  const hashes = (await Promise.all(sessions.map((session) => markLoggedOut(core, session)))).flat();
  const held = await heldBySessions(core, hashes);
  const missing = listed.filter(({ id }) => !held.some((one) => one.id === id));
  const own = [...held, ...missing].filter(({ data }) => data.user === undefined);
  const users = [user, ...usersOf(held)].filter((one) => one !== undefined);
  if (users.length === 0) return endConnections(core, own, "logged_out", revokesAtLogout(core));
  // After the mark: whatever a session uses by then either stands in one of them, or finds the mark.
  const ended = await leaveUsers(core, users, hashes);
  const revoke = await endConnections(core, own, "logged_out", revokesAtLogout(core));
  return async () => combineOutcomes(await Promise.all([revoke(), ended()]));
}

/**
 * What a login does to the app's other clients: it marks the old session for them, hands their connections to the new one where that refers to them, and
 * ends the rest.
 */
export async function replaceForOthers(edge: Edge, req: Request, old: SessionFacts, next: SessionFacts): Promise<void> {
  const replace = (other: Edge) => {
    const ids = req.session ? connectionIds(other, req.session) : [];
    return () => replaceFor(edge, other, ids, old, next);
  };
  for (const stranger of strangers(edge)) insist(stranger.core, replace(stranger));
  for (const other of others(edge)) await replace(other)();
}

async function replaceFor(
  edge: Edge,
  other: Edge,
  ids: readonly string[],
  old: SessionFacts,
  next: SessionFacts,
): Promise<void> {
  const { core } = other;
  const hasOwnVault = !hasSameVault(edge, other);
  if (hasOwnVault) {
    await markReplaced(core, old, next.hash);
    await keepReplaced(core, old, next.hash);
  }
  const held = await heldBySessions(core, [old.hash]);
  for (const entry of held)
    if (entry.data.user === undefined && ids.includes(entry.id)) await holdConnection(core, entry, next);
  await moveSession(core, usersOf(held), old.hash, undefined);
  // Of one and the same client under two names, what is the other name's ends with that one.
  if (hasOwnVault || core.options.clientId !== edge.core.options.clientId) await endHeld(core, [old.hash], "replaced");
}

/**
 * Ends what sessions hold, for good, without anybody who waits for the revocation. What their user holds goes on.
 * @param next hash of the session that has taken their place
 * @param user the app's user who is logged in there
 * @throws StoreError
 */
export async function endHeld(
  core: Core,
  hashes: readonly string[],
  cause: EndCause,
  next?: string,
  user?: string,
): Promise<void> {
  const held = await heldBySessions(core, hashes);
  const own = held.filter(({ data }) => data.user === undefined);
  const revoke = await endConnections(core, own, cause);
  void core.underway.follow(revoke());
  for (const hash of hashes) await moveSession(core, [user, ...usersOf(held)], hash, next);
}

/** One session after the other, the oldest first: what a login hands from one to the next meanwhile is found in one of them. */
async function heldBySessions(core: Core, hashes: readonly string[]): Promise<ConnectionEntry[]> {
  const found = new Map<string, ConnectionEntry>();
  for (const hash of hashes) {
    for (const entry of await findEntries(core.vault, { key: sessionKey(hash) }))
      if (entry.state !== "mark") found.set(entry.id, asConnection(entry) as ConnectionEntry);
  }
  return [...found.values()];
}

function usersOf(entries: readonly ConnectionEntry[]): (string | undefined)[] {
  return entries.map(({ data }) => data.user);
}
