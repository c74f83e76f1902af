import { parseTokenAnswer, type TokenAnswer, toNotionNames } from "../../api/token-answer.js";
import { ConnectionError, NotionApiError, OptionError, StoreError } from "../../errors.js";
import { checkNames } from "../../options/check-names.js";
import { optional } from "../../options/checks.js";
import { checkUserId } from "../../options/check-user.js";
import type { NotionConnection } from "../../vault/connection.js";
import {
  asWritten,
  type ConnectionData,
  type ConnectionEntry,
  keysOf,
  type NewConnectionEntry,
} from "../../vault/entry.js";
import { pairOf, type TokenSet, tokenHash, tokenKey, tokenLabel, tokensOf, withReplaced } from "../../vault/tokens.js";
import { claimMark } from "../claim-mark.js";
import type { Core } from "../core.js";
import { buryInBackground } from "../ending/bury-tokens.js";
import { endConnections } from "../ending/end-connections.js";
import { factsOf } from "../ending/end-entry.js";
import { untilDone } from "../ending/insist.js";
import { holdersOf } from "../ending/other-holders.js";
import { listen, listeningTime } from "../listen.js";
import { claimTokens } from "../login/receive-tokens.js";
import { readHeld } from "../refresh/held-entry.js";
import type { Refresher } from "../refresh/refresh-connection.js";
import { afterThese, keepNewest, shownOf } from "../users/user-connections.js";
import { connectingUser, isEnded } from "../users/user-marks.js";

/**
 * Notion's token answer as it came, or what is left of it.
 * @see https://developers.notion.com/reference/create-a-token
 */
export interface NotionTokens {
  readonly access_token: string;
  readonly refresh_token?: string | null | undefined;
  readonly bot_id?: string | undefined;
  readonly workspace_id?: string | undefined;
  readonly workspace_name?: string | null | undefined;
  readonly workspace_icon?: string | null | undefined;
  readonly owner?: object | undefined;
  readonly duplicated_template_id?: string | null | undefined;
  readonly token_type?: string | undefined;
  readonly request_id?: string | undefined;
}

/** Tokens that the app has kept elsewhere, under Notion's names or as `client.exchangeCode()` returns them. */
export type AddedTokens =
  | NotionTokens
  | ({ readonly accessToken: string } & {
      readonly [name in keyof TokenAnswer]?: TokenAnswer[name] | null | undefined;
    });

/** What `connections.add()` takes. */
export interface NewConnection {
  /** The app's user, as the option `user` gives it. */
  readonly user: string | number | bigint;
  /** The access token at least. What is missing of `botId`, `workspaceId` and `owner` is asked of Notion. */
  readonly tokens: AddedTokens;
  /** False keeps it out of jobs, true lets them have it. Default: as it was with the user's last connection of this bot, otherwise true. */
  readonly unattended?: boolean;
}

/** How long the sending of a refresh token may take beyond the call itself, in ms. */
const SENDING = 2000;

type Json = Readonly<Record<string, unknown>>;

/**
 * Brings a connection into the vault for a user. When it fails, the tokens live on where they are; when it is asked for again, the connection that is there
 * already stays.
 * @throws OptionError; ConnectionError `reconnect_required` when Notion does not accept the tokens; NotionApiError, StoreError
 */
export async function addConnection(core: Core, refresh: Refresher, given: NewConnection): Promise<ConnectionEntry> {
  checkNames("add.", given, ["user", "tokens", "unattended"]);
  const user = checkUserId("add.user", given.user);
  const unattended = optional("add.unattended", given.unattended, "boolean");
  const raw = namesOf(given.tokens);
  return core.underway.follow(add(core, refresh, { user, unattended, raw }));
}

interface Given {
  readonly user: string;
  readonly unattended: boolean | undefined;
  readonly raw: Json;
}

async function add(core: Core, refresh: Refresher, { user, unattended, raw }: Given): Promise<ConnectionEntry> {
  const since = await connectingUser(core, user);
  const shown = await shownOf(core, user);
  const held = shown.filter(({ state }) => state === "held");
  const here = held.find(({ keys }) => tokensIn(raw).some((token) => keys.includes(tokenKey(token))));
  if (here !== undefined) return settle(core, user, here);
  const { connection, set, isOnlyHere } = await complete(core, refresh, raw);
  const same = held.find(({ data }) => data.connection?.botId === connection.botId);
  if (!isOnlyHere && same !== undefined && !(await isActive(core, set))) return settle(core, user, same);

  const kept = { v: 1, connection, user, ...(unattended !== undefined && { unattended }) } as const;
  const entry = heldEntry(core, afterThese(shown, kept), set);
  const insert = () => core.vault.insert(entry);
  // What came of a refresh token is nowhere else. A try that was given up may have happened: then the id is taken, by this entry.
  if (isOnlyHere) await untilDone(core, insert).catch((error: unknown) => loseTo(core, set, error));
  else if (!(await insert())) throw new StoreError("vault_unavailable");
  const written = asWritten(entry, 1);
  await claimTokens(core, entry.id, pairOf(set));
  if (await isEnded(core, since)) await endAdded(core, written);
  const facts = factsOf(written);
  if (facts !== undefined) core.events.emit("connection.created", { ...facts, token: tokenLabel(set.accessToken) });
  return settle(core, user, written);
}

/** The process has closed its vault: nobody will hold these. */
function loseTo(core: Core, set: TokenSet, error: unknown): never {
  buryInBackground(core, set, "abandoned");
  throw error;
}

/** All that the user has was ended meanwhile, and has not seen it. @throws ConnectionError `not_connected` */
async function endAdded(core: Core, written: ConnectionEntry): Promise<never> {
  const revoke = await endConnections(core, [written], "disconnected");
  void core.underway.follow(revoke());
  throw new ConnectionError("not_connected");
}

/** Whatever the tries before have come to: of one bot, the user has one connection. */
async function settle(core: Core, user: string, entry: ConnectionEntry): Promise<ConnectionEntry> {
  const { connection } = entry.data;
  if (connection !== undefined) await keepNewest(core, user, connection.botId);
  return entry;
}

interface Completed {
  readonly connection: NotionConnection;
  readonly set: TokenSet;
  /** Whether the tokens were issued here, and stand nowhere else. */
  readonly isOnlyHere: boolean;
}

async function complete(core: Core, refresh: Refresher, raw: Json): Promise<Completed> {
  const known = parseTokenAnswer(raw);
  if (known !== undefined) return completed(core, known, false);
  const accessToken = raw.access_token as string;
  const bot = await core.client.readBot(accessToken);
  if (bot === undefined) return refreshed(core, refresh, accessToken, raw.refresh_token);
  const told = parseTokenAnswer({ ...bot, ...raw });
  if (told !== undefined) return completed(core, told, false);
  throw new OptionError(
    "add.tokens",
    "`tokens` of add() lack something that Notion does not tell: pass `workspaceId` and `owner`, too.",
  );
}

function completed(core: Core, answer: TokenAnswer, isOnlyHere: boolean, replaced?: string): Completed {
  const { accessToken, refreshToken, ...facts } = answer;
  const pair = pairOf(answer);
  return {
    connection: { ...facts, connectedAt: core.now() },
    // Not dead because Notion did not accept it once; and by its key, who adds it again finds this entry.
    set: replaced === undefined ? pair : withReplaced(pair, [replaced]),
    isOnlyHere,
  };
}

/**
 * The access token has died alone, perhaps. A refresh token serves once, whoever else holds it here, or has used it.
 * @throws ConnectionError, NotionApiError, StoreError
 */
async function refreshed(
  core: Core,
  refresh: Refresher,
  accessToken: string,
  refreshToken: unknown,
): Promise<Completed> {
  if (typeof refreshToken !== "string") throw new ConnectionError("reconnect_required");
  const others = await holdersOf(core, "", accessToken, refreshToken);
  const holder = others.find((other) => {
    const held = core.tokens.take(other);
    return held.refreshToken === refreshToken || held.accessToken !== accessToken;
  });
  if (holder === undefined) return completed(core, await sendOnce(core, refreshToken), true, accessToken);
  await refresh(holder.id, accessToken);
  const { data, ...entry } = await readHeld(core, holder.id);
  const connection = { ...(data.connection as NotionConnection), connectedAt: core.now() };
  const { replaced, ...pair } = core.tokens.take({ ...entry, data });
  return { connection, set: withReplaced(pair, [accessToken]), isOnlyHere: false };
}

/**
 * No entry has it yet, so that a mark says that somebody sends it. Should that one die, Notion says afterwards whether it was used.
 * @throws ConnectionError `refresh_failed` when somebody else has just sent it; NotionApiError, StoreError
 */
async function sendOnce(core: Core, refreshToken: string): Promise<TokenAnswer> {
  const id = `r-${tokenHash(refreshToken)}`;
  const dueIn = listeningTime(core) + SENDING;
  const { claim } = await claimMark(core.vault, { id, state: "mark", dueIn, keys: [], data: { v: 1 } });
  if (claim === undefined) throw new ConnectionError("refresh_failed");
  try {
    if (!(await core.client.introspect(refreshToken)).active) throw new ConnectionError("reconnect_required");
    return await listen(core, (timeout) => core.client.refresh(refreshToken, { timeout }));
  } catch (error) {
    const isUsed =
      error instanceof NotionApiError && error.endpoint === "/v1/oauth/token" && error.sent && !error.refused;
    if (!isUsed) await core.vault.erase(claim.id, claim.version);
    const isRefused = error instanceof NotionApiError && error.code === "invalid_grant";
    throw isRefused ? new ConnectionError("reconnect_required", { cause: error }) : error;
  }
}

/** Whether Notion accepts any of some tokens. The vault may have a newer pair than the app kept. */
async function isActive(core: Core, set: TokenSet): Promise<boolean> {
  const answers = await Promise.all(tokensOf(set).map((token) => core.client.introspect(token)));
  return answers.some(({ active }) => active);
}

function heldEntry(core: Core, data: ConnectionData, set: TokenSet): NewConnectionEntry {
  const id = core.randomId(16);
  const tokens = core.tokens.put(id, set);
  return { id, state: "held", dueIn: null, keys: keysOf(data, set), data: { ...data, tokens } };
}

/** The fields that have a value, under Notion's names. @throws OptionError */
function namesOf(tokens: AddedTokens): Json {
  if (typeof tokens !== "object" || tokens === null) throw wrongTokens();
  const named = "accessToken" in tokens ? toNotionNames(tokens as TokenAnswer) : tokens;
  const fields = Object.entries({ ...named, token_type: "bearer" });
  const raw = Object.fromEntries(fields.filter(([, value]) => value !== undefined && value !== null));
  // As strict as with an answer of Notion, whatever else is there.
  const owner = { type: "workspace" };
  if (parseTokenAnswer({ bot_id: "b", workspace_id: "w", owner, ...raw }) === undefined) throw wrongTokens();
  return raw;
}

function wrongTokens(): OptionError {
  return new OptionError(
    "add.tokens",
    "`tokens` of add() must be Notion's token answer, or an object such as `{ accessToken, refreshToken }`.",
  );
}

function tokensIn({ access_token, refresh_token }: Json): string[] {
  return [access_token, refresh_token].filter((token) => typeof token === "string");
}
