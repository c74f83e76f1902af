import type { TokenAnswer } from "../../api/token-answer.js";
import { StoreError } from "../../errors.js";
import { accountOf, type NotionConnection } from "../../vault/connection.js";
import {
  asWritten,
  type ConnectionEntry,
  dataWith,
  isLive,
  keysOf,
  type NewConnectionEntry,
} from "../../vault/entry.js";
import { pairOf, tokenHash, type TokenSet } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { buryInBackground } from "../ending/bury-tokens.js";
import { changeEntry } from "../entries.js";
import { reclaimTokens, takeNewer } from "../ending/other-holders.js";
import { ARRIVAL } from "../lifetimes.js";
import { receiveAnswer } from "../listen.js";
import { abandon } from "./abandon.js";

/** What is known of a connection before its tokens come: the app's user who will hold it, where there is one. */
export interface ArrivalFacts {
  readonly user?: string | undefined;
  readonly unattended?: boolean | undefined;
}

/** Tokens that Notion has just issued, and their entry. */
export interface Arrival {
  readonly entry: ConnectionEntry;
  readonly answer: TokenAnswer;
}

/**
 * Exchanges an authorization code and writes the tokens into an entry before anything else is done with them. Tokens that come too late, or
 * that cannot be written, die.
 * @throws NotionApiError, StoreError
 */
export async function receiveTokens(
  core: Core,
  code: string,
  redirectUri: string,
  kept?: ArrivalFacts,
): Promise<Arrival> {
  const answer = await receiveAnswer(core, (timeout) => core.client.exchangeCode(code, { timeout, redirectUri }));
  return { entry: await writeArrival(core, answer, kept), answer };
}

/** Writes tokens that nobody holds yet. When this process dies before somebody does, they die too. @throws StoreError */
export async function writeArrival(core: Core, answer: TokenAnswer, kept: ArrivalFacts = {}): Promise<ConnectionEntry> {
  const entry = arriving(core, answer, kept);
  const isWritten = core.vault.insert(entry).then((isNew) => {
    if (!isNew) throw new StoreError("vault_unavailable");
  });
  await isWritten.catch((error: unknown) => {
    buryInBackground(core, pairOf(answer), "abandoned");
    throw error;
  });
  const written = asWritten(entry, 1);
  try {
    await claimTokens(core, entry.id, pairOf(answer));
  } catch (error) {
    abandon(core, written);
    throw error;
  }
  core.activeTokens.forget(answer.accessToken);
  return written;
}

/**
 * Notion may have issued tokens again that wait to die, or a pair that a refresh is just replacing. That refresh looks for this entry after it has
 * written its note, and after it has written the newer pair: so either it finds it, or what it wrote is found here.
 */
export async function claimTokens(core: Core, id: string, set: TokenSet): Promise<void> {
  const others = await reclaimTokens(core, id, set);
  const newer = await takeNewer(core, id, set, others.filter(isLive));
  if (newer !== undefined) return claimTokens(core, id, newer);
  const sent = others.map(({ data }) => data.sent).find((note) => note?.token === tokenHash(set.refreshToken ?? ""));
  if (sent !== undefined)
    await changeEntry(core.vault, id, (found) =>
      isLive(found) && found.data.sent === undefined ? { ...found, data: dataWith(found.data, { sent }) } : undefined,
    );
}

function arriving(core: Core, answer: TokenAnswer, { user, unattended }: ArrivalFacts): NewConnectionEntry {
  const { accessToken, refreshToken, ...facts } = answer;
  const connection: NotionConnection = { connectedAt: core.now(), ...facts };
  const id = core.randomId(16);
  const set = pairOf(answer);
  const known = { ...(user !== undefined && { user }), ...(unattended !== undefined && { unattended }) };
  return {
    id,
    state: "arriving",
    dueIn: ARRIVAL,
    keys: keysOf({ connection, ...known }, set),
    data: { v: 1, connection, account: accountOf(connection), ...known, tokens: core.tokens.put(id, set) },
  };
}
