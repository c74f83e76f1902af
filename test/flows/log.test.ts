import session from "express-session";
import { expect, test } from "vitest";
import type { Logger } from "../../src/index.js";
import { startApp } from "../support/app.js";

/** What whoever is called at night reads: every line but the events, which are of level `debug`. */
function logbook(): { logger: Partial<Logger>; lines: unknown[] } {
  const lines: unknown[] = [];
  const write = (level: string) => (message: string, fields: unknown) => void lines.push([level, message, fields]);
  return { lines, logger: { info: write("info"), warn: write("warn"), error: write("error") } };
}

const json = { accept: "application/json" } as const;

test("a logout that the session store prevents says so, with what the store's error was", async () => {
  const store = new session.MemoryStore();
  const { logger, lines } = logbook();
  const { loggedIn } = await startApp({ notion: { logger }, session: { store } });
  const client = await loggedIn();
  const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.7:6379"), { code: "ECONNREFUSED" });
  Object.assign(store, { destroy: (_id: string, done?: (error: Error) => void) => done?.(refused) });
  expect((await client.post("/logout", json)).status).toBe(503);
  expect(lines).toEqual([
    ["warn", "a request could not be served", { error: "store_unavailable", because: "ECONNREFUSED" }],
  ]);
});

test("a revocation that Notion does not confirm says what Notion answered, and its id of the request", async () => {
  const { logger, lines } = logbook();
  const { loggedIn, emulator } = await startApp({ notion: { logger } });
  const client = await loggedIn();
  emulator.fault("revoke", { status: 503 });
  expect((await client.post("/logout", json)).json()).toMatchObject({ revocation: "queued" });
  const details = { entry: expect.any(String), cause: "notion_unavailable", attempts: 1, status: 503 };
  expect(lines[0]).toEqual([
    "info",
    "Notion did not confirm a revocation",
    { ...details, requestId: expect.stringMatching(/^[\da-f-]{36}$/) },
  ]);
});

test("one that never reached Notion says why", async () => {
  const { logger, lines } = logbook();
  const { loggedIn, emulator } = await startApp({ notion: { logger } });
  const client = await loggedIn();
  await emulator.close();
  await client.post("/logout", json);
  expect(lines[0]).toEqual([
    "info",
    "Notion did not confirm a revocation",
    { entry: expect.any(String), cause: "notion_unreachable", attempts: 1, because: "ECONNREFUSED" },
  ]);
});
