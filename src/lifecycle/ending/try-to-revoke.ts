import type { NotionClient } from "../../api/client.js";
import { failureCode } from "../../support/failure-code.js";

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
  signal: AbortSignal,
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
