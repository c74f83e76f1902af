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

/** An outage that has just begun, with pauses of at least half of 200, 400, 800... ms, and the clock. */
function begun(error = failure("notion_unavailable"), random = 0) {
  let time = 1000;
  const outage = createOutage(
    () => time,
    () => random,
    100,
  );
  for (const job of ["a", "b", "c", "d", "e"]) outage.failed(job, error);
  const pass = (ms: number) => {
    time += ms;
  };
  return { outage, pass };
}

test("after a pause one probe goes out; when it fails, the next pause is longer", () => {
  const { outage, pass } = begun();
  for (const pause of [100, 200, 400, 800]) {
    expect(outage.allowance(8)).toBe(0);
    pass(pause - 1);
    expect(outage.allowance(8)).toBe(0);
    pass(1);
    expect(outage.allowance(8)).toBe(1);
    outage.failed("probe", failure("notion_timeout"));
  }
});

test("what was under way when it began does not lengthen it", () => {
  const { outage, pass } = begun();
  pass(50);
  for (let job = 0; job < 20; job += 1) outage.failed(`late ${job}`, failure("notion_timeout"));
  expect(outage.pausedUntil).toBe(1100);
  pass(50);
  expect(outage.allowance(8)).toBe(1);
});

test("one success ends it, and what failed before counts no more", () => {
  const { outage, pass } = begun();
  pass(100);
  outage.succeeded();
  expect([outage.pausedUntil, outage.allowance(8)]).toEqual([0, 8]);
  for (const job of ["f", "g", "h", "i"]) outage.failed(job, failure("notion_unavailable"));
  expect(outage.allowance(8)).toBe(8);
});

test("no pause is longer than half a minute, whatever Notion asks for, nor shorter than that", () => {
  const asking = (retryAfter: number) =>
    begun(new NotionApiError("notion_rate_limited", "/v1/oauth/revoke", { sent: true, retryAfter })).outage.pausedUntil;
  expect(asking(7000)).toBe(8000);
  expect(asking(0)).toBe(1100);
  expect(asking(86_400_000)).toBe(31_000);
  const { outage, pass } = begun(undefined, 1);
  for (let probe = 0; probe < 50; probe += 1) {
    pass(30_000);
    outage.failed("probe", failure("notion_timeout"));
  }
  expect(outage.pausedUntil).toBe(1000 + 51 * 30_000);
});
