import { expect, test } from "vitest";
import { accountOf } from "../../src/vault/connection.js";

test("the account of a connection is its user, or the workspace that owns it", () => {
  const owner = { type: "user", user: { object: "user", id: "u1" } } as const;
  expect(accountOf({ owner, workspaceId: "w1" })).toBe("user u1");
  expect(accountOf({ owner: { type: "workspace", workspace: true }, workspaceId: "w1" })).toBe("workspace w1");
});
