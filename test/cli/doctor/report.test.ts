import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sqliteVault } from "../../../src/sqlite/index.js";
import { ended, start, useCommandLine } from "../support/command-line.js";
import {
  appFolder,
  clientId,
  credentials,
  environment,
  examine,
  password,
  say,
  sealingSecret,
  sessionSecret,
  useEmulator,
} from "../support/doctor-command.js";

useCommandLine();

const emulator = useEmulator();

/** A folder with a module, many of whose settings are wrong. */
function carelessApp(): string {
  const cwd = appFolder();
  const notion = { ...credentials(emulator), secret: sealingSecret, redirectUri: "https://app.example.com/callback" };
  const session = { secret: [sessionSecret, "keyboard cat"], cookie: { sameSite: "strict", httpOnly: false } };
  writeFileSync(
    join(cwd, "config.mjs"),
    `export const notion = ${JSON.stringify(notion)}; export const session = ${JSON.stringify(session)};`,
  );
  return cwd;
}

describe("doctor: its report", () => {
  test("for people: a section for each check, what to do, and the sum", async () => {
    const { code, output, errors } = await say(["--config", "config.mjs"], { cwd: carelessApp() });
    expect([code, errors]).toEqual([1, ""]);
    const titles = output.split("\n").filter((line) => /^\S/.test(line));
    expect(titles).toEqual([
      "Node and packages",
      "Options",
      "Redirect URI and routes",
      "Base URL",
      "Credentials",
      "Clock",
      "Vault",
      "Session cookie",
      "4 problems, 5 warnings.",
    ]);
    expect(output).toContain("\n  ok: Notion accepts the client id and secret");
    expect(output).toContain("\n    To do: Set `resave: false`.\n");
    expect(output).toContain("\n    Note: Notion compares byte by byte: ");
    expect(output).not.toMatch(/^ {2}ok: .*\n(?: {4}(?!To do).*\n)* {4}To do/m);
    for (const line of output.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  test("on a narrow terminal", async () => {
    const columns = "--import=data:text/javascript,process.stdout.columns=40;process.stdout.isTTY=true";
    const { output } = await say(["--config", "config.mjs"], { cwd: carelessApp(), env: { NODE_OPTIONS: columns } });
    const long = output.split("\n").filter((line) => line.length > 40);
    // Only what cannot be broken.
    expect(long.filter((line) => /\S \S/.test(line))).toEqual([]);
    expect(output).toMatch(/\n {2}problem: .{1,29}\n {4}\S/);
  });

  test("for programs: one document", async () => {
    const { code, output } = await say(["--config", "config.mjs", "--json"], { cwd: carelessApp() });
    const document = JSON.parse(output) as { problems: number; warnings: number; findings: object[] };
    expect(Object.keys(document)).toEqual(["problems", "warnings", "findings"]);
    expect([code, document.problems, document.warnings]).toEqual([1, 4, 5]);
    expect(document.findings[0]).toEqual({ check: "runtime", status: "ok", message: expect.any(String) });
    expect(output.trim().split("\n")).toHaveLength(1);
  });

  test("exit code 0 when there are warnings only, and an honest sum", async () => {
    const { code, output } = await say(["--base-url", emulator.url]);
    expect(code).toBe(0);
    expect(output).toMatch(/\nNo problems, 1 warning\.\n$/);
  });

  test("a reader that leaves early is no error", async () => {
    const run = start(["doctor", "--base-url", emulator.url], { env: environment });
    run.child.stdout?.destroy();
    expect(await ended(run)).toMatchObject({ code: 0, errors: "" });
  });

  test("text from elsewhere cannot command the terminal", async () => {
    const cwd = appFolder();
    const path = join(cwd, "a\u001b]0;owned\u0007.db");
    const { output } = await say(["--sqlite", path, "--base-url", emulator.url], { cwd });
    expect(output).toContain("a?]0;owned?.db");
    expect(readdirSync(cwd)).toEqual(["node_modules"]);
  });
});

describe("doctor: its command line", () => {
  test("--help says all of it in 80 columns", async () => {
    const { code, output } = await say(["--help"]);
    expect(code).toBe(0);
    for (const name of [
      "--config",
      "--sqlite",
      "--postgres",
      "--redis",
      "--redirect-uri",
      "--json",
      "NOTION_CLIENT_SECRET",
    ])
      expect(output).toContain(name);
    for (const line of output.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each([
    [["--nonsense"], "Unknown option '--nonsense'"],
    [["something"], "Unexpected argument 'something'"],
    [["--config", ""], "Say which module: --config FILE."],
    [["--config", "a.mjs", "--sqlite", "b.db"], "--config and --sqlite do not go together"],
    [["--config", "a.mjs", "--redirect-uri", "https://a/"], "--config and --redirect-uri do not go together"],
    [["--sqlite", "a.db", "--redis", "redis://a"], "--sqlite and --redis do not go together"],
    [["--sqlite", ""], "Say where the vault is: --sqlite FILE."],
    [["--sqlite", "a.db", "--key-prefix", "app:"], "--key-prefix goes with --redis only."],
  ])("%j: exit code 2", async (args, expected) => {
    const { code, output, errors } = await examine(args);
    expect([code, output]).toEqual([2, ""]);
    expect(errors).toContain(expected);
    expect(errors).toContain("Try: npx express-notion-oauth doctor --help");
  });

  test("a client id on the command line comes before that of the environment", async () => {
    const env = { NOTION_CLIENT_ID: "another" };
    const found = await examine(["--client-id", clientId, "--base-url", emulator.url], { env });
    expect(found.code).toBe(0);
    expect((await examine(["--base-url", emulator.url], { env })).code).toBe(1);
  });

  test("the password of an address is shown by nothing", async () => {
    const url = `postgres://me:${password}@127.0.0.1:1/app`;
    expect((await examine(["--postgres", url, "--base-url", emulator.url])).code).toBe(1);
    expect((await examine(["--redis", `redis://me:${password}@127.0.0.1:1`, "--base-url", emulator.url])).code).toBe(1);
  });

  test("a vault in use is only looked at: no call of it, and no entry", async () => {
    const path = join(appFolder(), "notion.db");
    const vault = sqliteVault(path).open(clientId);
    await vault.insert({ id: "due", state: "ending", dueIn: 0, keys: [], data: { v: 1 } });
    expect((await examine(["--sqlite", path, "--base-url", emulator.url])).code).toBe(0);
    expect(await vault.get("due")).toMatchObject({ version: 1 });
    expect(emulator.requests.map(({ endpoint }) => endpoint)).toEqual(["introspect"]);
    await vault.close?.();
  });
});
