import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { createNotionEmulator, type NotionEmulatorOptions } from "../../src/emulator/index.js";
import { post } from "./support/notion-requests.js";
import { startEmulator } from "./support/start-emulator.js";

describe("start and close", () => {
  test("there is no url before start", () => {
    expect(() => createNotionEmulator().url).toThrow(/not started/);
  });

  test("listens on loopback, on a free port, without a slash at the end", async () => {
    const emulator = await startEmulator();
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await emulator.start()).toBe(emulator.url);
  });

  test("refuses a port that is taken, and can be started on another", async () => {
    const first = await startEmulator();
    const second = createNotionEmulator();
    await expect(second.start(Number(new URL(first.url).port))).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(await second.start()).not.toBe(first.url);
    await second.close();
  });

  test("close may be called twice, and releases what hangs, idles or waits", async () => {
    const emulator = createNotionEmulator();
    await emulator.close();
    const url = await emulator.start();
    emulator.fault("revoke", { hang: true });
    emulator.fault("introspect", { delay: 60_000 });
    emulator.fault("token", { drip: 60_000 });
    const idle = connect(Number(new URL(url).port), "127.0.0.1");
    idle.on("error", () => undefined);
    const pending = (["revoke", "introspect", "token"] as const).map((endpoint) =>
      post(emulator, endpoint, { token: "x" }).then(
        () => "answered",
        () => "ended",
      ),
    );
    await expect.poll(() => emulator.count("*")).toBe(3);
    await Promise.all([emulator.close(), emulator.close()]);
    expect(await Promise.all(pending)).toEqual(["ended", "ended", "ended"]);
    expect(() => emulator.url).toThrow(/not started/);
  });

  test("can be started again on the same port with everything it knows", async () => {
    const emulator = await startEmulator();
    const { access_token } = emulator.issue();
    const port = Number(new URL(emulator.url).port);
    await emulator.close();
    expect(await emulator.start(port)).toBe(`http://127.0.0.1:${port}`);
    expect(await post(emulator, "introspect", { token: access_token })).toMatchObject({ body: { active: true } });
  });

  test("`await using` closes it behind the block: its port refuses", async () => {
    let url: string;
    {
      await using emulator = createNotionEmulator();
      url = await emulator.start();
      expect((await fetch(url)).status).toBe(404);
    }
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  });

  test("host may be another address", async () => {
    const emulator = await startEmulator({ host: "127.0.0.2" });
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.2:/);
    expect((await fetch(emulator.url)).status).toBe(404);
  });
});

test.each<[string, unknown]>([
  ["hosts", "x"],
  ["host", ""],
  ["now", 5],
  ["journalLimit", 0],
  ["control", "no"],
  ["seed", Number.NaN],
  ["clients", []],
  ["workspaces", []],
  ["users", []],
  ["clients", {}],
])("the option %s: %j is refused by name", (name, value) => {
  const create = () => createNotionEmulator({ [name]: value } as NotionEmulatorOptions);
  expect(create).toThrow(expect.objectContaining({ code: "ERR_EMULATOR_OPTION", option: name }));
});

test("a port in place of the options is told its place", () => {
  expect(() => createNotionEmulator(4040 as never)).toThrow("start(port)");
});

test("clients need ids and secrets, each id once", () => {
  const client = { clientId: "a", clientSecret: "b" };
  for (const clients of [[{ ...client, clientId: "" }], [{ ...client, clientSecret: "" }], [client, client]]) {
    expect(() => createNotionEmulator({ clients })).toThrow(TypeError);
  }
});
