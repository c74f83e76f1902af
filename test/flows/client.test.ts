import { describe, expect, test } from "vitest";
import type { NotionClient } from "../../src/index.js";
import { eventually, startApp, type TestApp } from "../support/app.js";

// `notion.client`, for apps that call Notion themselves: tokens that come when nobody waits any more die all the same.

async function codeOf(app: TestApp): Promise<string> {
  const callback = await app.emulator.authorize(app.notion.client.authorizationUrl({ state: "x" }));
  return new URL(callback).searchParams.get("code") ?? "";
}

const calls: readonly [
  name: string,
  prepare: (app: TestApp) => Promise<(client: NotionClient, options?: object) => Promise<unknown>>,
][] = [
  [
    "exchangeCode()",
    async (app) => {
      const code = await codeOf(app);
      return (client, options) => client.exchangeCode(code, options);
    },
  ],
  [
    "refresh()",
    async (app) => {
      const { refresh_token } = app.emulator.issue();
      return (client, options) => client.refresh(refresh_token ?? "", options);
    },
  ],
];

describe.each(calls)("the tokens of %s", (_, prepare) => {
  test.each([
    ["after the option `timeout`", undefined, 200],
    ["after the `timeout` of the call", 200, 5000],
  ])("that come %s die", async (_when, timeout, option) => {
    const app = await startApp({ notion: { timeout: option } });
    const run = await prepare(app);
    const before = app.emulator.tokens.length;
    app.emulator.fault("token", { delay: 500, times: 1 });
    await expect(run(app.notion.client, { timeout })).rejects.toMatchObject({ code: "notion_timeout", sent: true });
    expect(app.emulator.tokens).toHaveLength(before);
    await eventually(() => app.emulator.tokens.length === before + 2, "the answer has come");
    await eventually(() => app.emulator.activeTokens().length === 0, "all are dead");
  });

  test("that come after the call was aborted die", async () => {
    const app = await startApp();
    const run = await prepare(app);
    const before = app.emulator.tokens.length;
    const slow = app.emulator.fault("token", { delay: 500, times: 1 });
    const abort = new AbortController();
    const call = expect(run(app.notion.client, { signal: abort.signal })).rejects.toMatchObject({ sent: true });
    await eventually(() => slow.hits === 1, "Notion is asked");
    abort.abort();
    await call;
    await eventually(() => app.emulator.tokens.length === before + 2, "the answer has come");
    await eventually(() => app.emulator.activeTokens().length === 0, "all are dead");
  });

  test("that come in time are the app's", async () => {
    const app = await startApp();
    const run = await prepare(app);
    await expect(run(app.notion.client, { signal: new AbortController().signal })).resolves.toMatchObject({
      accessToken: expect.any(String),
    });
    expect(app.emulator.activeTokens().filter(({ kind }) => kind === "access")).toHaveLength(1);
  });

  test.each([
    ["aborted", { signal: AbortSignal.abort() }],
    ["without time", { timeout: 0 }],
  ])("do not come to a call that is %s before it begins: nothing is sent", async (_how, options) => {
    const app = await startApp();
    const run = await prepare(app);
    await expect(run(app.notion.client, options)).rejects.toMatchObject({ code: "notion_timeout", sent: false });
    expect(app.emulator.count("token")).toBe(0);
  });
});
