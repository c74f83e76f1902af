import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createNotionEmulator } from "../../../src/emulator/index.js";
import { eventually } from "../../support/app.js";
import { ended, start, useCommandLine } from "../support/command-line.js";
import { client, environment, expectNoSecrets, openPlace, type Place, run } from "../support/vault-command.js";

useCommandLine();

const emulator = createNotionEmulator();
beforeAll(() => emulator.start());
afterAll(() => emulator.close());
beforeEach(() => emulator.reset());

const drain = (more = "") => `drain --base-url ${emulator.url} ${more}`.trim();
const begin = ({ path }: Place) => start(["vault", ...drain().split(" "), "--sqlite", path], { env: environment });
const waiting = ({ vault }: Place) => vault.find({ state: "ending" });

async function openFilled(amount: number, fields: Parameters<Place["add"]>[0] = {}): Promise<Place> {
  const place = await openPlace({ emulator });
  await Promise.all(Array.from({ length: amount }, () => place.add(fields)));
  return place;
}

describe("vault drain", () => {
  test("revokes what waits and what nobody uses any more, and nothing else", async () => {
    const place = await openFilled(30);
    const expired = await place.add({ state: "held", dueIn: 0 });
    const live = await place.add({ state: "held", dueIn: 60_000 });
    const failed = await place.add({ state: "failed", dueIn: null });
    const other = await place.addFor("another-client", {});
    const { code, output, errors } = await run(place, drain());
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(new RegExp(`^31 revocations confirmed in .*, 0 left in ${place.path}\\.\\n$`));
    expect(emulator.activeTokens()).toHaveLength(6);
    expect(await waiting(place)).toEqual([]);
    expect(await place.vault.get(expired)).toMatchObject({ state: "ended", data: { cause: "expired" } });
    for (const id of [live, failed]) expect(await place.vault.get(id)).toMatchObject({ version: 1 });
    expect(other).toBeTruthy();
  });

  test("an expired session alone is worked off, too", async () => {
    const place = await openFilled(1, { state: "held", dueIn: 0 });
    expect(await run(place, drain())).toMatchObject({
      code: 0,
      output: expect.stringContaining("1 revocation confirmed"),
    });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("as the app: expired sessions and shared tokens that it lets live, live", async () => {
    const place = await openFilled(1, { state: "held", dueIn: 0 });
    expect(await run(place, drain("--no-revoke-on-expiry"))).toMatchObject({ code: 0 });
    expect(emulator.activeTokens()).toHaveLength(2);
    await place.add({ state: "held", dueIn: 60_000 });
    // The entry itself says that its end spares what others hold, as with `revokeOnLogout: "last"`.
    const ending = await place.add({ spares: true });
    const { keys } = (await place.vault.get(ending))!;
    await place.insert({ state: "held", dueIn: 60_000, keys, data: { v: 1, tokens: "sealed", connection: {} } });
    expect(await run(place, drain())).toMatchObject({ code: 0 });
    expect(emulator.activeTokens()).toHaveLength(6);
    expect(await place.vault.get(ending)).toMatchObject({ state: "ended" });
  });

  test("waits for what waits for its next try", async () => {
    const before = performance.now();
    const place = await openFilled(1, { attempts: 2, dueIn: 1500 });
    expect(await run(place, drain())).toMatchObject({ code: 0 });
    expect(performance.now() - before).toBeGreaterThan(1400);
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("but no longer than --timeout, and tells how far it is", async () => {
    const place = await openFilled(1, { attempts: 2, dueIn: 600_000 });
    const { code, output, errors } = await run(place, drain("--timeout 800ms --progress 300ms"));
    expect(code).toBe(1);
    expect(output).toMatch(/^0 revocations confirmed in \d s, 1 left/);
    expect(errors).toMatch(
      /^(?:Reading what waits\.\n)*0 revocations confirmed in \d s, 1 left, next try in (10 min|9 min \d+ s)\n[\s\S]*The time is over\.\n$/,
    );
    expect(await waiting(place)).toMatchObject([{ version: 1 }]);
  });

  test("Notion is down: keeps everything, however old it is", async () => {
    const place = await openFilled(3, { since: 900 * 86_400_000 });
    emulator.down({ status: 503 });
    const { code, output } = await run(place, drain("--timeout 3s --json"));
    expect(code).toBe(1);
    expect(JSON.parse(output)).toEqual({
      vault: place.path,
      client: client.clientId,
      ended: "timeout",
      revoked: 0,
      alreadyInvalid: 0,
      seconds: expect.any(Number),
      lastFailure: "notion_unavailable",
      left: 3,
      unreadable: 0,
    });
    expect(await waiting(place)).toHaveLength(3);
  });

  test("Notion comes back meanwhile: the rest dies", async () => {
    const place = await openFilled(20);
    emulator.down({ status: 503 });
    const draining = begin(place);
    await eventually(() => emulator.count("revoke") >= 5);
    emulator.up();
    expect(await ended(draining)).toMatchObject({ code: 0 });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("tokens that were dead already are counted apart", async () => {
    const place = await openFilled(1);
    emulator.configure({ revokeUnknown: 400 });
    emulator.endUserDisconnect(emulator.activeTokens()[0]?.botId ?? "");
    expect((await run(place, drain())).output).toContain("1 revocation confirmed (1 dead already)");
  });

  test("wrong client credentials: stops, and leaves the revocations as they were", async () => {
    const secret = "secret of the app";
    const place = await openFilled(20, { attempts: 1, failure: "notion_timeout", secret });
    const env = { NOTION_CLIENT_SECRET: "wrong", NOTION_OAUTH_SECRET: secret };
    const { code, errors } = await run(place, drain(), env);
    expect(code).toBe(1);
    expect(errors).toContain("does not accept the client id");
    const left = await waiting(place);
    expect(left).toHaveLength(20);
    for (const { data, dueIn } of left) {
      expect(data).toMatchObject({ attempts: 1, failure: "notion_timeout" });
      expect(dueIn).toBeLessThan(1000);
    }
  });

  test("a secret that opens nothing: nothing is touched", async () => {
    const place = await openFilled(3, { secret: "the old secret of the app" });
    const { code, errors } = await run(place, drain());
    expect(code).toBe(1);
    expect(errors).toBe(
      "3 revocations did not open: they were sealed with a secret that is neither in NOTION_OAUTH_SECRET nor, without that, NOTION_CLIENT_SECRET.\n",
    );
    for (const { version } of await waiting(place)) expect(version).toBe(1);
  });

  test("a secret that opens some: those die, the others stay; a list of secrets drains all", async () => {
    const place = await openFilled(1, { secret: "the old secret of the app" });
    await place.add({ secret: "the new secret of the app" });
    const partly = await run(place, drain(), { NOTION_OAUTH_SECRET: "the new secret of the app" });
    expect(partly).toMatchObject({ code: 1, output: expect.stringMatching(/^1 revocation confirmed in .*, 1 left/) });
    expect(partly.errors).toMatch(/^1 revocation did not open: it was sealed with/);
    const [{ id } = { id: "" }] = await waiting(place);
    expect(await run(place, `retry ${id}`)).toMatchObject({ code: 0 });
    expect(
      await run(place, drain(), { NOTION_OAUTH_SECRET: "the new secret of the app\nthe old secret of the app\n" }),
    ).toMatchObject({
      code: 0,
    });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("what a newer version wrote does not keep it, and is left", async () => {
    const place = await openFilled(1);
    const id = await place.insert({ state: "held", dueIn: 0, data: { v: 2 } });
    expect(await run(place, drain())).toMatchObject({ code: 0 });
    expect(await place.vault.get(id)).toMatchObject({ state: "held", data: { v: 2 } });
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s: gives back what is under way and ends", async (signal) => {
    const place = await openFilled(12);
    emulator.fault("revoke", { hang: true });
    const draining = begin(place);
    await eventually(() => emulator.count("revoke") >= 8);
    draining.child.kill(signal);
    const result = await ended(draining);
    expectNoSecrets(result);
    expect(result).toMatchObject({ code: 1, errors: expect.stringContaining("back in the vault") });
    expect(await place.vault.takeDue(100, 1000)).toHaveLength(12);
  });

  test("goes on while other processes end connections", async () => {
    const place = await openFilled(5);
    emulator.fault("revoke", { delay: 300 });
    const draining = begin(place);
    await eventually(() => emulator.count("revoke") > 0);
    for (let i = 0; i < 5; i += 1) await place.add({});
    expect(await ended(draining)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^10 revocations confirmed/),
    });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test("two at once share the work", async () => {
    const place = await openFilled(60);
    const [one, other] = await Promise.all([ended(begin(place)), ended(begin(place))]);
    expect([one.code, other.code]).toEqual([0, 0]);
    expect(emulator.activeTokens()).toEqual([]);
    expect(emulator.count("revoke")).toBe(120);
  });

  test("a reader that leaves early does not keep the rest alive", async () => {
    const place = await openFilled(1);
    const running = begin(place);
    running.child.stdout?.destroy();
    expect(await ended(running)).toMatchObject({ code: 0, errors: "" });
    expect(await waiting(place)).toEqual([]);
  });
});
