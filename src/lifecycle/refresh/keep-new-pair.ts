import type { TokenAnswer } from "../../api/token-answer.js";
import { ConnectionError, NotionApiError, StoreError } from "../../errors.js";
import { asWritten, type ConnectionEntry, type NewConnectionEntry, userKeysOf } from "../../vault/entry.js";
import { pairOf, tokenKey, tokenLabel, withoutTokens } from "../../vault/tokens.js";
import { changeEntry, notHeld } from "../entries.js";
import { GRACE } from "../lifetimes.js";
import type { Core } from "../core.js";
import { buryInBackground, buryReplaced, dyingEntry } from "../ending/bury-tokens.js";
import { inBackground, revokeInBackground } from "../ending/end-connections.js";
import { factsOf } from "../ending/end-entry.js";
import { untilDone } from "../ending/insist.js";
import { holdersOf } from "../ending/other-holders.js";
import { withPair } from "./with-pair.js";

/** How many replaced access tokens are kept with a connection because Notion has not said that they are dead. Older ones are revoked. */
const REPLACED_LIMIT = 10;

/**
 * Stores the new pair before anybody uses it. If the connection has ended meanwhile, the new tokens die, too.
 * @param dead tokens that were replaced before and that Notion says are dead
 * @returns the new access token
 * @throws ConnectionError, StoreError
 */
export async function keepNewPair(
  core: Core,
  noted: ConnectionEntry,
  refreshToken: string,
  answer: TokenAnswer,
  dead: ReadonlySet<string>,
): Promise<string> {
  if (answer.botId !== noted.data.connection?.botId) {
    buryInBackground(core, pairOf(answer), "abandoned");
    const cause = new NotionApiError("notion_invalid_response", "/v1/oauth/token", { sent: true, upstreamStatus: 200 });
    throw new ConnectionError("refresh_failed", { cause });
  }
  let late: NewConnectionEntry | undefined;
  const store = async (): Promise<string> => {
    // Before anything else: until then the pair stands nowhere.
    const after = await changeEntry(core.vault, noted, (found) => withPair(core, found, refreshToken, answer, dead));
    // Or the entry was given the pair by somebody else, who may have replaced it again.
    const isKept = after?.state === "held" && after.keys.includes(tokenKey(answer.accessToken));
    if (!isKept) {
      const dueIn = core.options.timeout + GRACE;
      late ??= dyingEntry(core, pairOf(answer), "abandoned", dueIn, after && userKeysOf(after));
      await core.vault.insert(late);
    }
    for (const other of await holdersOf(core, noted.id, refreshToken))
      await changeEntry(core.vault, other, (found) => withPair(core, found, refreshToken, answer, dead));
    if (isKept) {
      await trimReplaced(core, after);
      return core.tokens.take(after).accessToken ?? answer.accessToken;
    }
    // It dies, but for what others hold by now.
    if (late !== undefined) revokeInBackground(core, asWritten(late, 1));
    throw after?.state === "held" ? new ConnectionError("refresh_failed") : notHeld(after);
  };
  // The pair is nowhere else. Whoever waits for it is answered in time; nobody else may take the note for one of a crash meanwhile.
  const accessToken = await untilDone(core, store).catch((error: unknown) => {
    // The process has closed its vault.
    if (error instanceof StoreError) buryInBackground(core, pairOf(answer), "abandoned");
    throw error;
  });
  core.activeTokens.forget(accessToken);
  const facts = factsOf(noted);
  if (facts !== undefined) core.events.emit("connection.refreshed", { ...facts, token: tokenLabel(accessToken) });
  return accessToken;
}

/** Revokes the oldest replaced tokens when there are too many: each is a call to Notion at the end. */
async function trimReplaced(core: Core, entry: ConnectionEntry): Promise<void> {
  const { replaced = [] } = core.tokens.take(entry);
  const tooMany = replaced.slice(0, -REPLACED_LIMIT);
  if (tooMany.length === 0) return;
  // Written first, so that they stand somewhere at any time.
  const revoke = await buryReplaced(core, tooMany);
  const gone = tooMany.map(tokenKey);
  await changeEntry(core.vault, entry, (found) => {
    const left = found.state === "held" ? withoutTokens(core.tokens.take(found), new Set(tooMany)) : undefined;
    return (
      left && {
        ...found,
        keys: found.keys.filter((key) => !gone.includes(key)),
        data: { ...found.data, tokens: core.tokens.put(found.id, left) },
      }
    );
  });
  inBackground(core, revoke);
}
