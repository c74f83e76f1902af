import type { Request } from "express";
import type { Core } from "../../lifecycle/core.js";
import { endConnections } from "../../lifecycle/ending/end-connections.js";
import type { RevocationOutcome } from "../../lifecycle/ending/outcome.js";
import { findEntries } from "../../lifecycle/entries.js";
import type { SessionFacts } from "../../lifecycle/session/session-facts.js";
import { holdConnection } from "../../lifecycle/session/hold-connection.js";
import { keepReplaced, markLoggedOut, markReplaced } from "../../lifecycle/session/session-marks.js";
import { asConnection, type ConnectionEntry, type EndCause, sessionKey } from "../../vault/entry.js";
import type { Edge } from "../edge.js";
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

/** The other clients of the app: those that have seen its sessions. */
function others(edge: Edge): Edge[] {
  return [...clients].filter((other) => other !== edge && other.sessionStore === edge.sessionStore);
}

/**
 * Logs a session out for every client of the app: marks it and what took its place, and ends the connections of all of them.
 * @param listed connections that the session refers to
 * @returns revokes the tokens
 * @throws StoreError
 */
export async function endSession(
  edge: Edge,
  sessions: readonly SessionFacts[],
  listed: readonly ConnectionEntry[],
): Promise<(() => Promise<RevocationOutcome>)[]> {
  const ended = [endFor(edge.core, sessions, listed), ...others(edge).map(({ core }) => endFor(core, sessions, []))];
  return Promise.all(ended);
}

async function endFor(core: Core, sessions: readonly SessionFacts[], listed: readonly ConnectionEntry[]) {
  const hashes = (await Promise.all(sessions.map((session) => markLoggedOut(core, session)))).flat();
  const held = await heldBySessions(core, hashes);
  const missing = listed.filter(({ id }) => !held.some((one) => one.id === id));
  return endConnections(core, [...held, ...missing], "logged_out", core.options.revokeOnLogout !== false);
}

/**
 * What a login does to the app's other clients: it marks the old session for them, hands their connections to the new one where that refers to them, and
 * ends the rest.
 */
export async function replaceForOthers(edge: Edge, req: Request, old: SessionFacts, next: SessionFacts): Promise<void> {
  for (const other of others(edge)) {
    const { core } = other;
    const hasOwnVault = core.options.vault !== edge.core.options.vault;
    if (hasOwnVault) {
      await markReplaced(core, old, next.hash);
      await keepReplaced(core, old, next.hash);
    }
    const ids = req.session ? connectionIds(other, req.session) : [];
    for (const entry of await heldBySessions(core, [old.hash]))
      if (ids.includes(entry.id)) await holdConnection(core, entry, next);
    // Of one and the same client under two names, what is the other name's ends with that one.
    if (hasOwnVault || core.options.clientId !== edge.core.options.clientId)
      await endHeld(core, [old.hash], "replaced");
  }
}

/** Ends what sessions hold, for good, without anybody who waits for the revocation. @throws StoreError */
export async function endHeld(core: Core, hashes: readonly string[], cause: EndCause): Promise<void> {
  const revoke = await endConnections(core, await heldBySessions(core, hashes), cause);
  void core.underway.follow(revoke());
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
