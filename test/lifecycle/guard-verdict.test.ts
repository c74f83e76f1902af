import { expect, test } from "vitest";
import { type ActiveConnection, sealPair } from "../../src/connections/connection-record.js";
import type { ConnectionStore } from "../../src/connections/connection-store.js";
import { createSealer } from "../../src/connections/sealing.js";
import { tokenHash, type TokenPair } from "../../src/connections/token-pair.js";
import { guardVerdict } from "../../src/lifecycle/guard-verdict.js";

const NOW = 1_000_000;
const sealer = createSealer(["secret"], "client");
const pair: TokenPair = { accessToken: "new", refreshToken: "refresh", superseded: ["replaced"] };

function record(fields: Partial<ActiveConnection> = {}): ActiveConnection {
  return {
    v: 1,
    state: "active",
    version: 2,
    botId: "bot",
    workspaceId: "workspace",
    workspaceName: null,
    workspaceIcon: null,
    owner: { type: "workspace", workspace: true },
    duplicatedTemplateId: null,
    connectedAt: NOW,
    sealed: sealPair(sealer, "id", pair),
    session: "session",
    lifetime: 1000,
    expiresAt: NOW + 600,
    ...fields,
  };
}

const verdict = (value: Awaited<ReturnType<ConnectionStore["get"]>>, token: string, watch = true) => {
  const connections: ConnectionStore = { get: async () => value, set: async () => {} };
  return guardVerdict({ connections, sealer, now: () => NOW }, watch, "id", tokenHash(token));
};

test.each(["new", "replaced"])(
  "a token that the connection holds (%s) is watched until the record may end",
  async (token) => {
    expect(await verdict(record(), token)).toEqual({ alive: true, lookAgainAt: NOW + 600 });
    // At the earliest after a quarter of a session's life.
    expect(await verdict(record({ expiresAt: NOW - 1 }), token)).toEqual({ alive: true, lookAgainAt: NOW + 250 });
    expect(await verdict(record(), token, false)).toEqual({ alive: true, lookAgainAt: undefined });
  },
);

test("a token that the connection replaced is dead, but what the connection goes on with is not its guard's to end", async () => {
  expect(await verdict(record(), "old")).toEqual({ alive: false, inUse: ["new", "refresh", "replaced"] });
});

test("without a live record there is nothing to spare", async () => {
  const nothing = { alive: false, inUse: [] };
  expect(await verdict(undefined, "new")).toEqual(nothing);
  for (const state of ["logged_out", "disconnected", "reconnect"] as const)
    expect(await verdict({ v: 1, state, endedAt: NOW }, "new")).toEqual(nothing);
});

test("a live record that cannot be opened may hold it: it is left alone for an hour", async () => {
  const sealed = sealPair(createSealer(["lost"], "client"), "id", pair);
  expect(await verdict(record({ sealed }), "new")).toEqual({ alive: true, lookAgainAt: NOW + 3_600_000 });
});
