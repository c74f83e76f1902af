import { describe, expect, test } from "vitest";
import { useCommandLine } from "../support/command-line.js";
import { examine, examineModule, password } from "../support/doctor-command.js";

useCommandLine();

const withVault = async (vault: string) => {
  const source = `export const notion = { clientId: "id", clientSecret: "", ${vault === "" ? "" : `vault: ${vault}`} };`;
  return (await examineModule(source)).of("vault");
};

describe("doctor: a vault", () => {
  test("that nobody named", async () => {
    expect((await examine([], { env: { NOTION_CLIENT_SECRET: "" } })).of("vault")).toEqual([
      "skipped: No vault was named. Name it with --sqlite, --postgres or --redis, or give --config.",
    ]);
  });

  test("in memory, which is the default: it forgets", async () => {
    expect(await withVault("")).toEqual([
      expect.stringMatching(/^warning: Connections are kept in the memory of one process/),
    ]);
  });

  test("of the app's own, which says what it knows", async () => {
    const said = '{ status: "ok", message: "It is carved in stone.", advice: "Keep it dry." }';
    expect(await withVault(`{ open() {}, inspect: async () => [${said}] }`)).toEqual([
      "ok: It is carved in stone. Keep it dry.",
    ]);
  });

  test("of the app's own, which says nothing, and is not opened", async () => {
    expect(await withVault("{ open() { throw new Error(); } }")).toEqual([
      "skipped: This vault cannot say how it is set. Give it a method `inspect()`: see `NotionVault`.",
    ]);
  });

  test.each([
    [
      "fails",
      `throw new Error("no way to db://me:${password}@host")`,
      "problem: The vault does not work: no way to db://me:***@host. Look whether it runs, whether this machine gets through to it, and what its own log says.",
    ],
    [
      "says nothing that can be told",
      'return [{ status: "fine", message: 1 }]',
      expect.stringMatching(/^problem: The vault does not work/),
    ],
    [
      "fails with what is no error",
      "throw undefined",
      expect.stringMatching(/^problem: The vault does not work: it does not say why\. Look whether it runs/),
    ],
  ])("of the app's own, whose look %s", async (_, body, expected) => {
    expect(await withVault(`{ open() {}, inspect: async () => { ${body}; } }`)).toEqual([expected]);
  });

  test("that is none", async () => {
    expect(await withVault('"notion.db"')).toEqual([
      expect.stringMatching(/^problem: Option `vault` must be a vault, not a path/),
    ]);
  });
});
