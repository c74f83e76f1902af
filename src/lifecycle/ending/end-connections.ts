import { failureFields } from "../../support/failure-code.js";
import { type ConnectionEntry, type EndCause, isDying, isLive } from "../../vault/entry.js";
import { countTokens, tokenLabel } from "../../vault/tokens.js";
import type { Core } from "../core.js";
import { GRACE } from "../lifetimes.js";
import { endEntry, releaseEntry } from "./end-entry.js";
import { combineOutcomes, type RevocationOutcome } from "./outcome.js";
import { outcomeOf, revokeEntry } from "./revoke-entry.js";

/** How much may be under way in the background of this process. */
const BACKGROUND = 64;

/** Whether a logout revokes what a session holds by itself. With users of the app that is a rest from before: nobody would hold it any more. */
export function revokesAtLogout({ options }: Core): boolean {
  return options.user !== undefined || options.revokeOnLogout !== false;
}

/**
 * Ends entries, all at the same time: from here on nobody gets their tokens, and their end is durable. What has ended before is not kept to be connected
 * again.
 * @returns revokes the tokens, now or (`logoutMode: "background"`) without anybody who waits. Never rejects.
 * @throws StoreError
 */
export async function endConnections(
  core: Core,
  entries: readonly ConnectionEntry[],
  cause: EndCause,
  revoke = true,
): Promise<() => Promise<RevocationOutcome>> {
  const { logoutTimeout } = core.options;
  // What somebody else has ended and not brought to its end yet.
  const earlier = entries.filter(isDying).map(outcomeOf);
  const ended = await Promise.all(
    entries.map(async (entry) => {
      const after = await (revoke
        ? endEntry(core, entry, cause, logoutTimeout + GRACE)
        : releaseEntry(core, entry, cause));
      return isLive(entry) ? after : undefined;
    }),
  );
  const dying = ended.filter((entry) => entry !== undefined);
  if (earlier.length === 0) return () => revokeEnded(core, dying);
  return async () => combineOutcomes([...earlier, await revokeEnded(core, dying)]);
}

/** Revokes the tokens of ended entries, now or without anybody who waits, by `logoutMode`. Never rejects. */
export async function revokeEnded(core: Core, dying: readonly ConnectionEntry[]): Promise<RevocationOutcome> {
  const { logoutMode, logoutTimeout } = core.options;
  if (logoutMode === "background") return combineOutcomes(dying.map((entry) => revokeInBackground(core, entry)));
  return combineOutcomes(await Promise.all(dying.map((entry) => revokeNow(core, entry, logoutTimeout))));
}

/** Revokes the tokens of an ended entry without anybody who waits. */
export function revokeInBackground(core: Core, entry: ConnectionEntry): RevocationOutcome {
  if (entry.state !== "ending") return outcomeOf(entry);
  reportQueued(core, entry, undefined);
  inBackground(core, () => revokeEntry(core, entry, core.options.timeout));
  return { revocation: "queued", tokens: tokensIn(core, entry) };
}

/** Tries to revoke at once, unless Notion is down or much is under way: then the entry is left to the worker and its pace. */
export function inBackground(core: Core, revoke: () => Promise<unknown>): void {
  if (core.outage.isOn || core.underway.size >= BACKGROUND) core.wake(0);
  else void core.underway.follow(revoke().catch(() => core.wake(0)));
}

/** Revokes the tokens of an ended entry, within `timeout` ms. What cannot be written of the outcome is written at the next try. Never rejects. */
export async function revokeNow(core: Core, entry: ConnectionEntry, timeout: number): Promise<RevocationOutcome> {
  if (entry.state !== "ending") return outcomeOf(entry);
  const outcome = await revokeEntry(core, entry, timeout).catch((error: unknown): RevocationOutcome => {
    core.logger.warn("the outcome of a revocation could not be written", {
      entry: entry.id,
      ...failureFields(error, core.options),
    });
    core.wake(0);
    return { revocation: "queued", tokens: tokensIn(core, entry) };
  });
  if (outcome.revocation === "queued") reportQueued(core, entry, core.outage.lastFailure);
  return outcome;
}

function reportQueued(core: Core, entry: ConnectionEntry, cause: string | undefined): void {
  const token = tokenLabel(core.tokens.tryTake(entry)?.accessToken ?? null);
  core.events.emit("revocation.queued", { token, connection: entry.id, cause });
}

function tokensIn(core: Core, entry: ConnectionEntry): number {
  const set = core.tokens.tryTake(entry);
  return set === undefined ? 0 : countTokens(set);
}
