import { NotionApiError } from "../../errors.js";

export interface RetryPolicy {
  /** All in ms. */
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly maxAge: number;
}

/**
 * How long an entry waits after its `attempts`-th failure, in ms: full jitter under an exponential cap. `Retry-After` is
 * obeyed up to `maxDelay`; wrong client credentials are retried slowly, because only a person can mend them.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryDelay(error: unknown, attempts: number, policy: RetryPolicy, random: () => number): number {
  if (error instanceof NotionApiError) {
    if (error.code === "invalid_client") return policy.maxDelay;
    if (error.retryAfter !== undefined && error.retryAfter > 0) {
      // Jitter on top, or all entries that were told the same time come back together.
      return Math.round(Math.min(error.retryAfter + random() * policy.minDelay, policy.maxDelay));
    }
  }
  const cap = Math.min(policy.maxDelay, policy.minDelay * 2 ** Math.min(attempts, 30));
  return Math.max(1, Math.round(random() * cap));
}
