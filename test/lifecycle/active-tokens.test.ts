import { expect, test } from "vitest";
import type { NotionClient } from "../../src/api/client.js";
import { createActiveTokens } from "../../src/lifecycle/active-tokens.js";

/** Notion whose answers the test gives, and a clock that it moves. */
function setUp() {
  let time = 1_000_000;
  const asked: { token: string; answer: (active: boolean) => void; fail: () => void }[] = [];
  const client = {
    introspect: (token: string) =>
      new Promise((resolve, reject) => {
        asked.push({
          token,
          answer: (active) => resolve({ active }),
          fail: () => reject(new Error("no clear answer")),
        });
      }),
  } as unknown as NotionClient;
  const tokens = createActiveTokens(client, () => time);
  return {
    tokens,
    asked,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

test("asks once at a time per token, and keeps the answer for maxAge", async () => {
  const { tokens, asked, pass } = setUp();
  const both = Promise.all([tokens.isActive("a", 100), tokens.isActive("a", 100)]);
  const other = tokens.isActive("b", 100);
  expect(asked.map(({ token }) => token)).toEqual(["a", "b"]);
  asked[0]?.answer(true);
  asked[1]?.answer(false);
  expect([await both, await other]).toEqual([[true, true], false]);
  pass(99);
  expect([await tokens.isActive("a", 100), await tokens.isActive("b", 100)]).toEqual([true, false]);
  pass(1);
  const again = tokens.isActive("a", 100);
  expect(asked).toHaveLength(3);
  asked[2]?.answer(false);
  expect(await again).toBe(false);
});

test("an answer is as old as its question", async () => {
  const { tokens, asked, pass } = setUp();
  const slow = tokens.isActive("a", 100);
  pass(80);
  asked[0]?.answer(true);
  await slow;
  pass(20);
  void tokens.isActive("a", 100);
  expect(asked).toHaveLength(2);
});

test("a question without an answer is nobody's answer, and is asked again", async () => {
  const { tokens, asked } = setUp();
  const first = tokens.isActive("a", 100);
  asked[0]?.fail();
  await expect(first).rejects.toThrow("no clear answer");
  const second = tokens.isActive("a", 100);
  asked[1]?.answer(true);
  expect(await second).toBe(true);
});

test("what we end is inactive at once, also for an answer from before that is still under way", async () => {
  const { tokens, asked } = setUp();
  const known = tokens.isActive("a", 100);
  asked[0]?.answer(true);
  expect(await known).toBe(true);
  const late = tokens.isActive("b", 100);
  tokens.ending("a");
  tokens.ending("b");
  asked[1]?.answer(true);
  expect(await late).toBe(false);
  expect(await tokens.isActive("a", 100)).toBe(false);
  expect(await tokens.isActive("b", 100)).toBe(false);
  expect(asked).toHaveLength(2);
});

test("what Notion issues again is asked for again, whatever was known of it", async () => {
  const { tokens, asked } = setUp();
  const dead = tokens.isActive("a", 100);
  asked[0]?.answer(false);
  await dead;
  tokens.ending("a");
  tokens.issued("a");
  const again = tokens.isActive("a", 100);
  asked[1]?.answer(true);
  expect(await again).toBe(true);
});

test("is bounded: the oldest answers are forgotten", async () => {
  const { tokens, asked } = setUp();
  for (let n = 0; n <= 10_000; n += 1) {
    const answer = tokens.isActive(`token ${n}`, 100);
    asked.at(-1)?.answer(true);
    await answer;
  }
  void tokens.isActive("token 10000", 100);
  expect(asked).toHaveLength(10_001);
  void tokens.isActive("token 0", 100);
  expect(asked).toHaveLength(10_002);
});

test("a clock that is set back makes no answer of Notion's younger", async () => {
  let time = 1_000_000;
  let active = true;
  const client = { introspect: async () => ({ active }) } as unknown as NotionClient;
  const tokens = createActiveTokens(client, () => time);
  expect(await tokens.isActive("ntn_a", 60_000)).toBe(true);
  active = false;
  expect(await tokens.isActive("ntn_a", 60_000)).toBe(true);
  time -= 600_000;
  expect(await tokens.isActive("ntn_a", 60_000)).toBe(false);
});
