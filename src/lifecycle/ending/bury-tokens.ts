import { failureCode, failureDetails } from "../../support/failure-code.js";
import { asWritten, type EndCause, keysOf, type NewConnectionEntry } from "../../vault/entry.js";
import { type TokenSet, tokenLabel, tokensOf } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { GRACE } from "../lifetimes.js";
import { dying } from "./end-entry.js";
import { revokeNow } from "./end-connections.js";
import { insist } from "./insist.js";
import type { RevocationOutcome } from "./outcome.js";
import { tryToRevoke } from "./revoke-entry.js";

/**
 * Writes tokens that are in hand into an entry that is `ending`, so that they die whatever happens to this process.
 * @returns revokes them, within `timeout` ms, and never rejects. While the vault is away the tokens are revoked directly, and the entry is tried again from memory: the
 * one place where a kill can lose tokens, so it is told (`revocation.failed`).
 */
export async function buryTokens(
  core: Core,
  set: TokenSet,
  cause: EndCause,
  dueIn: number,
): Promise<(timeout: number) => Promise<RevocationOutcome>> {
  const entry = dyingEntry(core, set, cause, dueIn);
  try {
    await core.vault.insert(entry);
    return (timeout) => revokeNow(core, asWritten(entry, 1), timeout);
  } catch (error) {
    return (timeout) => revokeFromMemory(core, entry, set, error, timeout);
  }
}

/**
 * As {@link buryTokens}, for tokens that newer ones have replaced.
 * @returns revokes them. To be called once the entry that they stood in is rid of them: until then it counts as one that holds them.
 */
export async function buryReplaced(core: Core, replaced: readonly string[]): Promise<() => Promise<RevocationOutcome>> {
  const { timeout } = core.options;
  const revoke = await buryTokens(
    core,
    { accessToken: null, refreshToken: null, replaced },
    "replaced",
    timeout + GRACE,
  );
  return () => revoke(timeout);
}

/** As {@link buryTokens}, without anybody who waits for the outcome. */
export function buryInBackground(core: Core, set: TokenSet, cause: EndCause): void {
  const { timeout } = core.options;
  void core.underway.follow(buryTokens(core, set, cause, timeout + GRACE).then((revoke) => revoke(timeout)));
}

/** An entry with tokens that nobody holds. @param owner the key of the user who gets a receipt for them */
export function dyingEntry(
  core: Core,
  set: TokenSet,
  cause: EndCause,
  dueIn: number,
  owner: readonly string[] = [],
): NewConnectionEntry {
  const id = core.randomId(16);
  return {
    id,
    state: "ending",
    dueIn,
    keys: [...owner, ...keysOf({}, set)],
    data: { v: 1, tokens: core.tokens.put(id, set), ...dying(core, cause) },
  };
}

async function revokeFromMemory(
  core: Core,
  entry: NewConnectionEntry,
  set: TokenSet,
  error: unknown,
  timeout: number,
): Promise<RevocationOutcome> {
  const token = tokenLabel(set.accessToken ?? set.refreshToken);
  const cause = failureCode(error);
  core.logger.error("tokens could not be written to the vault; until it is back, only this process knows them", {
    entry: entry.id,
    cause,
    ...failureDetails(error, core.options),
  });
  core.events.emit("revocation.failed", { token, connection: entry.id, cause, attempts: 1 });
  const tokens = tokensOf(set);
  // Not broken off when the process closes: nobody else can repeat it.
  const attempt = await tryToRevoke(core.client, tokens, timeout);
  if (attempt.failure === undefined) {
    core.events.emit("token.revoked", { token, connection: entry.id, outcome: attempt.outcome, attempts: 1 });
    return { revocation: attempt.outcome, tokens: tokens.length };
  }
  insist(core, () => core.vault.insert({ ...entry, dueIn: 0 }).then(() => core.wake(0)));
  return { revocation: "failed", tokens: tokens.length };
}
