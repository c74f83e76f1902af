import { expect, test } from "vitest";
import { NotionApiError } from "../../../src/errors.js";
import { createOutage } from "../../../src/lifecycle/worker/outage.js";

const policy = { minDelay: 1000, maxDelay: 900_000, maxAge: 1 };
const limited = (seconds: number, upstreamStatus = 429) =>
  new NotionApiError("notion_rate_limited", "/v1/oauth/revoke", {
    sent: true,
    upstreamStatus,
    retryAfter: seconds * 1000,
  });

/** One process that has more to do than it can, and a clock that only the test moves. */
function start(answer: (at: number, tries: number) => Error | undefined) {
  let now = 1000;
  const outage = createOutage(
    () => now,
    () => 0.5,
    policy,
  );
  const tries: number[] = [];
  const confirmed: number[] = [];
  /** Works, entry by entry of 2 ms, until then. */
  const work = (until: number) => {
    while (now < until) {
      if (outage.allowance(8, 0) === 0) now += Math.max(1, outage.pause(0));
      if (now >= until || outage.allowance(8, 0) === 0) continue;
      const error = answer(now, tries.length);
      tries.push(now);
      now += 2;
      if (error === undefined) {
        confirmed.push(now);
        outage.succeeded();
      } else outage.failed(error);
    }
  };
  return { outage, work, tries, confirmed };
}

test("one connection in ten is limited: nobody pauses", () => {
  const { work, tries } = start((_at, count) => (count % 10 === 0 ? limited(60) : undefined));
  work(3000);
  expect(tries).toHaveLength(1000);
});

test.each([
  new NotionApiError("notion_rejected", "/v1/oauth/revoke", { sent: true, upstreamStatus: 403 }),
  new NotionApiError("invalid_grant", "/v1/oauth/token", { sent: true, upstreamStatus: 400 }),
  new Error("the worker's own"),
])("what does not speak against Notion makes nobody pause: %s", (error) => {
  const { work, tries } = start(() => error);
  work(3000);
  expect(tries).toHaveLength(1000);
});

test("the five that are tried first are limited, each by itself: the others wait five seconds, and then for nothing", () => {
  const { work, confirmed } = start((_at, count) => (count < 5 ? limited(300) : undefined));
  work(7000);
  expect(confirmed[0]).toBeLessThan(1000 + 5000 + 100);
  expect(confirmed.length).toBeGreaterThan(400);
});

test.each([429, 529])(
  "everything is limited for a minute, by %d: one more is tried before that, and none later",
  (status) => {
    const { work, tries } = start((at) => (at < 61_000 ? limited(Math.ceil((61_000 - at) / 1000), status) : undefined));
    work(61_000);
    expect(tries.length).toBeLessThanOrEqual(6);
    work(63_000);
    expect(tries.length).toBeGreaterThan(500);
  },
);

test("twenty a second: less than a tenth of the tries is refused, and more than seven tenths of what Notion takes is used", () => {
  const perSecond = new Map<number, number>();
  const { work, tries, confirmed } = start((at) => {
    const second = Math.floor(at / 1000);
    const taken = perSecond.get(second) ?? 0;
    if (taken >= 20) return limited(1);
    perSecond.set(second, taken + 1);
    return undefined;
  });
  work(61_000);
  expect(tries.length - confirmed.length).toBeLessThan(0.1 * tries.length);
  expect(confirmed.length).toBeGreaterThan(0.7 * 60 * 20);
});

test("a limit that was another one's doing: a minute later everything goes at full speed", () => {
  const { work, confirmed } = start((at) => (at > 3000 && at < 13_000 ? limited(1) : undefined));
  work(13_000);
  const before = confirmed.length;
  work(74_000);
  work(75_000);
  expect(confirmed.filter((at) => at > 74_000).length).toBeGreaterThan(490);
  expect(confirmed.length - before).toBeGreaterThan(5000);
});
