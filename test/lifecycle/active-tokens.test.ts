import { expect, test } from "vitest";
import type { NotionClient } from "../../src/api/client.js";
import { createActiveTokens } from "../../src/lifecycle/active-tokens.js";

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
