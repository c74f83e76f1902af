import fc from "fast-check";
import { expect, test } from "vitest";
import { NotionApiError } from "../../src/errors.js";
import { retryDelay } from "../../src/revocation/back-off.js";

const policy = { minDelay: 1000, maxDelay: 900_000, maxAge: 1e9 };
const error = (code: "notion_rate_limited" | "invalid_client" | "notion_timeout", retryAfter?: number) =>
  new NotionApiError(code, "/v1/oauth/revoke", { sent: true, retryAfter });

test("full jitter under a cap that doubles up to maxDelay", () => {
  const longest = (attempts: number) => retryDelay(error("notion_timeout"), attempts, policy, () => 0.999999999);
  expect([1, 2, 3, 9, 10, 40, 1e6].map(longest)).toEqual([2000, 4000, 8000, 512_000, 900_000, 900_000, 900_000]);
  expect(retryDelay(error("notion_timeout"), 5, policy, () => 0)).toBe(1);
});

test("Retry-After is obeyed, with jitter on top, and capped", () => {
  expect(retryDelay(error("notion_rate_limited", 30_000), 1, policy, () => 0)).toBe(30_000);
  expect(retryDelay(error("notion_rate_limited", 30_000), 1, policy, () => 0.5)).toBe(30_500);
  expect(retryDelay(error("notion_rate_limited", 86_400_000), 1, policy, () => 0)).toBe(900_000);
});

test("a Retry-After of nothing is no invitation to hammer", () => {
  expect(retryDelay(error("notion_rate_limited", 0), 3, policy, () => 0.5)).toBe(4000);
});

test("wrong client credentials wait as long as can be", () => {
  expect(retryDelay(error("invalid_client"), 1, policy, () => 0)).toBe(900_000);
});

test("the delay is always between 1 ms and maxDelay", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.option(fc.nat(1e12), { nil: undefined }),
      (attempts, random, after) => {
        const delay = retryDelay(error("notion_rate_limited", after), attempts, policy, () => random);
        expect(delay).toBeGreaterThanOrEqual(1);
        expect(delay).toBeLessThanOrEqual(policy.maxDelay);
      },
    ),
  );
});
