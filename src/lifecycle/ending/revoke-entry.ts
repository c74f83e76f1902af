import { failureCode, failureDetails, failureFields } from "../../support/failure-code.js";
import { type ConnectionEntry, dataWith, type NewConnectionEntry } from "../../vault/entry.js";
import {
  countTokens,
  labelsIn,
  type TokenSet,
  tokenKey,
  tokenLabel,
  tokensOf,
  withoutTokens,
} from "../../vault/tokens.js";
import { changeEntry, readEntry } from "../entries.js";
import type { Core } from "../core.js";
import { retryDelay } from "../worker/back-off.js";
import { asTombstone } from "./end-entry.js";
import { heldElsewhere } from "./other-holders.js";
import type { RevocationOutcome } from "./outcome.js";
import type { NotionClient } from "../../api/client.js";

/** How soon an entry is tried again whose tokens cannot be opened here: another process may know their secret. */
const UNREADABLE_PAUSE = 600_000;
/** How long an entry may have waited between two of its tries, in ms. What is more is a clock that was set. */
const LONGEST_WAIT = 3_600_000;

/**
 * Tries once, within `timeout` ms, to bring the tokens of an `ending` entry to their end, and writes what became of them.
 * @throws StoreError when the vault is away. The entry is due again then.
 */
export async function revokeEntry(core: Core, known: ConnectionEntry, timeout: number): Promise<RevocationOutcome> {
  const entry = await latest(core, known);
  if (entry.state !== "ending") return outcomeOf(entry);
  const set = core.tokens.tryTake(entry);
  if (set === undefined) return leaveUnreadable(core, entry);
  const spared = entry.data.spares ? await heldElsewhere(core, entry.id, set) : new Set<string>();
  const dying = tokensOf(set).filter((token) => !spared.has(token));
  const attempt = await tryToRevoke(core.client, dying, Math.min(timeout, core.options.timeout), core.closing);
  for (const token of attempt.dead) core.activeTokens.forget(token);
  weigh(core, attempt.failure);

  const after = await changeEntry(core.vault, entry, (found) => afterAttempt(core, found, spared, attempt));
  reportAttempt(core, entry, set, attempt, after);
  const tokens = countTokens(withoutTokens(set, spared) ?? { accessToken: null, refreshToken: null });
  if (dying.length === 0) return { revocation: "none", tokens: 0 };
  if (attempt.failure === undefined) return { revocation: attempt.outcome, tokens };
  return { revocation: after?.state === "failed" ? "failed" : "queued", tokens };
}

/** The entry without what a login has taken out of it since it was read. Other holders of what it spares are looked for anyway. */
async function latest({ vault }: Core, known: ConnectionEntry): Promise<ConnectionEntry> {
  if (known.state !== "ending" || known.data.spares) return known;
  // While the vault is away, the tokens in hand die as they were meant to.
  return (await readEntry(vault, known.id).catch(() => undefined)) ?? known;
}

/** What a try says of Notion itself. */
function weigh({ closing, logger, options, outage }: Core, failure: unknown): void {
  const wasOn = outage.isOn;
  if (failure === undefined) outage.succeeded();
  else if (!closing.aborted) outage.failed(failure);
  if (outage.isOn === wasOn) return;
  if (wasOn) logger.warn("Notion confirms revocations again");
  else
    logger.error(
      "Notion confirms no revocations: they wait, and one at a time is tried",
      failureFields(failure, options),
    );
}

/** The outcome of an entry that somebody else is bringing to its end, or has. */
export function outcomeOf({ state, data }: ConnectionEntry): RevocationOutcome {
  if (state === "ending") return { revocation: "queued", tokens: 0 };
  if (state === "failed") return { revocation: "failed", tokens: 0 };
  return { revocation: data.outcome ?? "none", tokens: 0 };
}

/** Nobody gives up tokens only because this process cannot read them. */
async function leaveUnreadable(core: Core, entry: ConnectionEntry): Promise<RevocationOutcome> {
  core.logger.error("the tokens of an entry cannot be opened here, and wait for a process that knows their secret", {
    entry: entry.id,
  });
  await core.vault.replace({ ...entry, dueIn: UNREADABLE_PAUSE }, entry.version);
  return { revocation: "queued", tokens: 0 };
}

function afterAttempt(
  core: Core,
  found: ConnectionEntry,
  spared: ReadonlySet<string>,
  { dead, outcome: now, failure }: Attempt,
): NewConnectionEntry | undefined {
  if (found.state !== "ending") return undefined;
  // Of several tries, the one that Notion took.
  const outcome = dead.length > 0 && found.data.outcome !== "revoked" ? now : found.data.outcome;
  const kept = [...spared].map(tokenKey);
  const keys = found.keys.filter((key) => !kept.includes(key));
  const entry = { ...found, keys, data: outcome === undefined ? found.data : dataWith(found.data, { outcome }) };
  // A login that was handed some of them meanwhile has taken them out.
  const left = withoutTokens(core.tokens.take(found), new Set([...spared, ...dead]));
  if (left === undefined) return asTombstone(core, entry, outcome === undefined ? {} : { outcome }, labelsIn(entry));
  const tokens = core.tokens.put(entry.id, left);
  if (core.closing.aborted) return { ...entry, dueIn: 0 };
  const attempts = (entry.data.attempts ?? 0) + (core.outage.blames(failure) ? 0 : 1);
  const { retry } = core.options;
  const delay = retryDelay(failure, attempts, retry, core.random);
  const dueIn = Math.min(delay, core.outage.longestWait(failure, attempts));
  const waited = waitedUntil(entry, core.now());
  const tried = { tokens, attempts, waited, triedAt: core.now(), failure: failureCode(failure) };
  const data = dataWith(entry.data, tried);
  return waited >= retry.maxAge ? { ...entry, state: "failed", dueIn: null, data } : { ...entry, dueIn, data };
}

/** How long the entry has waited in all. A clock that was set forward in between adds no more than a pause that could have been. */
function waitedUntil({ data: { waited = 0, triedAt, since } }: ConnectionEntry, now: number): number {
  const elapsed = now - (triedAt ?? since ?? now);
  return waited + Math.min(Math.max(0, elapsed), LONGEST_WAIT);
}

function reportAttempt(
  core: Core,
  entry: ConnectionEntry,
  set: TokenSet,
  { failure, outcome, dead }: Attempt,
  after: ConnectionEntry | undefined,
): void {
  const { events, logger } = core;
  const attempts = (entry.data.attempts ?? 0) + 1;
  const facts = { token: tokenLabel(set.accessToken ?? set.refreshToken), connection: entry.id, attempts };
  if (after?.state === "ending" && after.dueIn !== null) core.wake(after.dueIn);
  if (failure === undefined) {
    if (dead.length > 0) events.emit("token.revoked", { outcome, ...facts });
    return;
  }
  const cause = failureCode(failure);
  const details = { entry: entry.id, cause, attempts, ...failureDetails(failure, core.options) };
  if (after?.state === "failed") {
    logger.error("a revocation was given up", details);
    events.emit("revocation.failed", { ...facts, cause });
  } else if (after?.state === "ending") {
    if (cause === "invalid_client")
      logger.error("Notion does not accept the client credentials; revocations wait until they are corrected", details);
    else logger.info("Notion did not confirm a revocation", details);
    events.emit("revocation.retried", { ...facts, cause, nextAt: core.now() + (after.dueIn ?? 0) });
  }
}

/** What became of tokens that Notion was asked to revoke. */
export interface Attempt {
  /** Notion confirmed that these are dead. */
  readonly dead: readonly string[];
  /** Whether Notion killed any of them now, or all were dead before. */
  readonly outcome: "revoked" | "already_invalid";
  /** Why others are not confirmed; undefined when all are. */
  readonly failure: unknown;
}

/** Asks Notion once to revoke tokens, all at the same time, within `timeout` ms. Never rejects. */
export async function tryToRevoke(
  client: NotionClient,
  tokens: readonly string[],
  timeout: number,
  signal?: AbortSignal,
): Promise<Attempt> {
  const results = await Promise.allSettled(tokens.map((token) => client.revoke(token, { timeout, signal })));
  const isRevoked = results.some((result) => result.status === "fulfilled" && result.value === "revoked");
  const failures = results.filter((result) => result.status === "rejected").map((result) => result.reason as unknown);
  return {
    dead: tokens.filter((_, index) => results[index]?.status === "fulfilled"),
    outcome: isRevoked ? "revoked" : "already_invalid",
    // A refusal of one token says less about Notion than a timeout of the other.
    failure: failures.find((failure) => failureCode(failure) !== "notion_rejected") ?? failures[0],
  };
}
