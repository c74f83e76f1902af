import type { NotionClient } from "../api/client.js";
import { failureCode } from "./failure-code.js";

export type Confirmation = "revoked" | "already_invalid";

/** An attempt after which some tokens may still be alive. */
export class Unconfirmed extends Error {
  /** The tokens that are not known to be dead. */
  readonly left: readonly string[];
  readonly reason: unknown;

  constructor(left: readonly string[], reason: unknown) {
    super("Not every token was confirmed to be dead.");
    this.left = left;
    this.reason = reason;
  }
}

/**
 * Tries once to revoke tokens, all at the same time, within `timeout` ms.
 * @throws Unconfirmed unless all are dead
 */
export async function attempt(
  client: NotionClient,
  tokens: readonly string[],
  timeout: number,
  signal: AbortSignal,
): Promise<Confirmation> {
  const results = await Promise.allSettled(tokens.map((token) => client.revoke(token, { timeout, signal })));
  const left = tokens.filter((_, index) => results[index]?.status === "rejected");
  if (left.length === 0) {
    const any = results.some((result) => result.status === "fulfilled" && result.value === "revoked");
    return any ? "revoked" : "already_invalid";
  }
  const failures = results.filter((result) => result.status === "rejected").map((result) => result.reason as unknown);
  // A refusal of one token says less about Notion than a timeout of the other.
  throw new Unconfirmed(left, failures.find((failure) => failureCode(failure) !== "notion_rejected") ?? failures[0]);
}

/** What went wrong, whether it was an attempt or something before it. */
export function reasonOf(error: unknown): unknown {
  return error instanceof Unconfirmed ? error.reason : error;
}
