import { checkNames } from "../../options/check-names.js";
import { checkUserId } from "../../options/check-user.js";
import { type ConnectionEntry, type EndCause, isDying, isReadable } from "../../vault/entry.js";
import { labelsIn } from "../../vault/tokens.js";
import type { EntryState } from "../../vault/vault.js";
import { changeEntry } from "../entries.js";
import type { Core } from "../core.js";
import { entriesOf } from "../users/user-connections.js";
import type { RevocationStatus } from "./outcome.js";
import { outcomeOf } from "./revoke-entry.js";

/** What operators see of a revocation. Never a token. */
export interface RevocationSummary {
  /** Id of the entry in the vault. */
  readonly id: string;
  /** Why its tokens have to die. */
  readonly reason: EndCause | undefined;
  /** Since when, in ms since 1970. */
  readonly since: number | undefined;
  /** How often it was tried in vain. */
  readonly attempts: number;
  /** What the last try failed with. */
  readonly cause: string | undefined;
  /** In how many ms it is tried next; null when it was given up. */
  readonly dueIn: number | null;
}

/** That the tokens of a user's connection are dead, or have to die. What has to be shown to whoever asks what became of a user's data. */
export interface RevocationReceipt {
  /** Id of the connection. */
  readonly connection: string;
  /** Why it ended. */
  readonly reason: EndCause | undefined;
  /** When its end was asked for, in ms since 1970. */
  readonly since: number | undefined;
  /** When Notion confirmed the last of its tokens, in ms since 1970; undefined while it has not. */
  readonly confirmedAt: number | undefined;
  /** The short hashes of the tokens, as in events. */
  readonly tokens: readonly string[];
  /** `revoked`: Notion killed them then; `already_invalid`: they were dead before; `queued` or `failed`: not confirmed; `none`: somebody else holds them. */
  readonly revocation: RevocationStatus;
}

/** Operations for those who run the app. */
export interface RevocationOperations {
  /**
   * Revocations that wait for their next try.
   * @param limit at most so many; default 1000
   * @throws StoreError
   */
  pending(limit?: number): Promise<RevocationSummary[]>;
  /**
   * Revocations that were given up, after `retry.maxAge`.
   * @param limit at most so many; default 1000
   * @throws StoreError
   * @example
   * ```ts
   * for (const { id, cause } of await notion.revocations.failed()) {
   *   console.log(id, cause);
   *   await notion.revocations.retry(id);
   * }
   * ```
   */
  failed(limit?: number): Promise<RevocationSummary[]>;
  /**
   * Tries a revocation again, now and from the beginning.
   * @returns false when there is none with this id
   * @throws StoreError
   */
  retry(id: string): Promise<boolean>;
  /**
   * What became of a user's tokens, the last first; kept for 30 days after their end.
   * @throws OptionError, StoreError
   */
  receipts(filter: { readonly user: string | number | bigint }): Promise<RevocationReceipt[]>;
  /** Works off what is due. A process that serves does it anyway; one that only does this stays alive until `close()`. */
  work(): void;
}

export async function listRevocations(core: Core, state: EntryState, limit = 1000): Promise<RevocationSummary[]> {
  return (await core.vault.find({ state }, { limit })).map(summarize);
}

export async function retryRevocation(core: Core, id: string): Promise<boolean> {
  const entry = await changeEntry(core.vault, id, (found) => {
    if (found.state !== "failed" && found.state !== "ending") return undefined;
    return {
      ...found,
      state: "ending",
      dueIn: 0,
      data: { ...found.data, since: core.now(), triedAt: core.now(), attempts: 0, waited: 0 },
    };
  });
  if (entry?.state !== "ending") return false;
  core.wake(0);
  return true;
}

export async function listReceipts(
  core: Core,
  filter: { readonly user: string | number | bigint },
): Promise<RevocationReceipt[]> {
  checkNames("receipts.", filter, ["user"]);
  const entries = await entriesOf(core, checkUserId("receipts.user", filter.user));
  return entries
    .filter((entry) => isDying(entry) || entry.data.receipt !== undefined)
    .map(receiptOf)
    .sort((one, other) => (other.since ?? 0) - (one.since ?? 0));
}

function receiptOf(entry: ConnectionEntry): RevocationReceipt {
  const { cause: reason, since, receipt } = entry.data;
  const { revocation } = outcomeOf(entry);
  const tokens = receipt?.tokens ?? labelsIn(entry);
  return { connection: entry.id, reason, since, confirmedAt: receipt?.at, tokens, revocation };
}

function summarize(entry: Awaited<ReturnType<Core["vault"]["find"]>>[number]): RevocationSummary {
  const {
    cause: reason,
    since,
    attempts = 0,
    failure,
  } = (isReadable(entry) ? entry : { data: {} }).data as Partial<ConnectionEntry["data"]>;
  return { id: entry.id, reason, since, attempts, cause: failure, dueIn: entry.dueIn };
}
