import { expect, test } from "vitest";
import { NotionApiError, type NotionApiErrorCode } from "../../src/errors.js";
import { createOutage } from "../../src/revocation/outage.js";

const failure = (code: NotionApiErrorCode) => new NotionApiError(code, "/v1/oauth/revoke", { sent: true });

test.each([
  "notion_timeout",
  "notion_unreachable",
  "notion_unavailable",
  "notion_rate_limited",
  "notion_invalid_response",
  "invalid_client",
] as const)("five jobs in a row that end with %s are an outage", (code) => {
  const outage = createOutage(
    () => 1000,
    () => 0.5,
    100,
  );
  for (const job of ["a", "b", "c", "d"]) outage.failed(job, failure(code));
  expect(outage.allowance(8)).toBe(8);
  outage.failed("e", failure(code));
  expect(outage.allowance(8)).toBe(0);
});

test("one job that fails again and again is none", () => {
  const outage = createOutage(
    () => 1000,
    () => 0.5,
    100,
  );
  for (let attempt = 0; attempt < 20; attempt += 1) outage.failed("a", failure("notion_unavailable"));
  expect(outage.allowance(8)).toBe(8);
});

test.each(["notion_rejected", "invalid_grant"] as const)(
  "tokens that Notion refuses one by one (%s) are none",
  (code) => {
    const outage = createOutage(
      () => 1000,
      () => 0.5,
      100,
    );
    for (let job = 0; job < 20; job += 1) outage.failed(String(job), failure(code));
    expect(outage.allowance(8)).toBe(8);
  },
);

test("a pause ends in time although the clock was set back", () => {
  let time = 86_400_000;
  const outage = createOutage(
    () => time,
    () => 0.5,
    100,
  );
  for (const job of ["a", "b", "c", "d", "e"]) outage.failed(job, failure("notion_unavailable"));
  time -= 86_000_000;
  expect(outage.allowance(8)).toBe(0);
  time += 30_000;
  expect(outage.allowance(8)).toBe(1);
});
