import { ConnectionError, NotionApiError } from "../../errors.js";
import { SingleFlight } from "../../support/single-flight.js";
import { within } from "../../support/time-limit.js";
import type { ConnectionEntry } from "../../vault/entry.js";
import type { Core } from "../core.js";
import { listen } from "../listen.js";
import { refreshTooLate } from "../waiting.js";
import { endForReconnect, readHeld } from "./held-entry.js";
import { keepNewPair } from "./keep-new-pair.js";
import { noteEverywhere, takeNotesOff } from "./sent-note.js";

/** Brings a newer access token than the one that its caller has. */
export type Refresher = (id: string, accessToken: string) => Promise<string>;

/**
 * Refreshes connections: one call to Notion for all who ask at the same time, on all processes.
 * @throws ConnectionError `reconnect_required` when the connection is over, `refresh_failed` when it may work later
 * @throws StoreError
 */
export function createRefresher(core: Core): Refresher {
  const flights = new SingleFlight<string>();
  return (id, accessToken) => {
    // Notion's answer is listened to for longer than anybody waits: a pair that comes late is kept.
    const flight = flights.run(id, () => core.underway.follow(refresh(core, id, accessToken)));
    return within(core.options.timeout, flight, () => refreshTooLate(true));
  };
}

/** Reads the connection, sees whether somebody was faster, notes that the refresh token is sent, sends it, and keeps the new pair. */
async function refresh(core: Core, id: string, known: string): Promise<string> {
  for (;;) {
    const entry = await readHeld(core, id);
    const set = core.tokens.take(entry);
    const { accessToken, refreshToken } = set;
    if (accessToken !== null && accessToken !== known) return accessToken;
    if (refreshToken === null) return withoutRefreshToken(core, entry, known);

    const { verdict, noted } = await noteEverywhere(core, entry, { ...set, refreshToken });
    const own = noted.find((one) => one.id === id);
    if (verdict === "send" && own !== undefined && isFresh(core, own)) return send(core, own, refreshToken);
    await takeNotesOff(core, noted[0]?.data.sent, refreshToken);
    if (verdict === "unused") return known;
    if (verdict === "dead") return endForReconnect(core, entry, refreshToken);
  }
}

/** A process that was stopped for long after its note has been given up by the others. */
function isFresh(core: Core, { data: { sent } }: ConnectionEntry): boolean {
  return sent !== undefined && core.now() - sent.at < core.options.timeout;
}

async function send(core: Core, noted: ConnectionEntry, refreshToken: string): Promise<string> {
  const dead = deadAmong(core, core.tokens.take(noted).replaced ?? []);
  try {
    const answer = await listen(core, (timeout) => core.client.refresh(refreshToken, { timeout }));
    return await keepNewPair(core, noted, refreshToken, answer, dead);
  } catch (error) {
    if (!(error instanceof NotionApiError)) throw error;
    // Notion never saw the token, or says that it granted nothing. Otherwise the notes stay, and introspection decides next time.
    if (!error.sent || error.refused) await takeNotesOff(core, noted.data.sent, refreshToken);
    if (error.code === "invalid_grant") return endForReconnect(core, noted, refreshToken);
    throw new ConnectionError("refresh_failed", { cause: error });
  }
}

/** There is nothing to refresh with. Only Notion's word that the token is dead ends the connection: a 401 may have come from elsewhere. */
async function withoutRefreshToken(core: Core, entry: ConnectionEntry, accessToken: string): Promise<string> {
  try {
    if ((await core.client.introspect(accessToken)).active) return accessToken;
  } catch (error) {
    throw new ConnectionError("refresh_failed", { cause: error });
  }
  return endForReconnect(core, entry, null);
}

/** Those of some tokens that Notion says are dead; fills while the answers come. */
function deadAmong(core: Core, tokens: readonly string[]): ReadonlySet<string> {
  const dead = new Set<string>();
  for (const token of tokens) {
    core.client.introspect(token).then(
      ({ active }) => active || dead.add(token),
      () => {},
    );
  }
  return dead;
}
