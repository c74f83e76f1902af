import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { memoryVault } from "../../src/index.js";
import { NotionStrategy } from "../../src/passport/index.js";
import { startApp } from "../support/app.js";

const show = (value: unknown) =>
  inspect(value, { showHidden: true, depth: 12, getters: true, maxStringLength: null, maxArrayLength: null });

test("whatever prints a public object, with all switches on, shows no secret", async () => {
  const clientSecret = "emulated-secret";
  const secret = "a sealing secret of 32 bytes, or so";
  const vault = memoryVault();
  const shown: Record<string, string> = {};
  const add = (name: string, value: unknown) => {
    shown[name] = show(value);
    shown[`${name} as JSON`] = JSON.stringify(value) ?? "";
  };
  const app = await startApp({
    notion: { secret, vault },
    routes: (server) =>
      void server.get("/show", (req, res) => {
        shown.req = show(req);
        add("req.notion", req.notion);
        add("req.session", req.session);
        res.end();
      }),
  });
  const { emulator, notion } = app;
  await (await app.loggedIn()).get("/show");
  const alone = { clientID: "emulated-client", clientSecret, secret, callbackURL: "http://127.0.0.1/callback" };
  for (const options of [{ notion }, alone]) {
    const strategy = new NotionStrategy(options, (_accessToken, _refreshToken, _profile, done) =>
      done(null, { id: "x" } as Express.User),
    );
    onTestFinished(() => strategy.close());
    add(`strategy ${Object.keys(options)}`, strategy);
  }
  add("notion", notion);
  add("notion.client", notion.client);
  add("vault", vault);
  add("an open vault", vault.open("emulated-client"));
  shown.app = show(app.app);

  const tokens = emulator.activeTokens().map(({ value }) => value);
  expect(tokens).toHaveLength(2);
  const basic = Buffer.from(`emulated-client:${clientSecret}`).toString("base64");
  for (const hidden of [secret, clientSecret, basic, ...tokens])
    expect(Object.keys(shown).filter((name) => shown[name]?.includes(hidden))).toEqual([]);
  expect(shown.req?.includes("SessionNotion")).toBe(true);
});
