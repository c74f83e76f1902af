import { expect, test } from "vitest";
import { fitHelp } from "../../src/cli/fit-help.js";
import { columnsOf, wrap } from "../../src/cli/terminal.js";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { finish, useCommandLine } from "./support/command-line.js";
import { describeOnTerminal, onTerminal } from "./support/pseudo-terminal.js";
import { client, environment, expectNoSecrets, openPlace, type Place } from "./support/vault-command.js";

useCommandLine();

const widths = [32, 40, 60];

function expectToFit(lines: readonly string[], columns: number, except: string = "\0"): void {
  expect(lines.filter((line) => line.length > columns && !line.includes(except))).toEqual([]);
}

/** What failed and waits, as many as there may be after an outage, without the time that sealing them takes. */
function fill(place: Place, amount: number, state: "ending" | "failed"): void {
  const data = JSON.stringify({
    v: 1,
    cause: "logged_out",
    since: 0,
    attempts: 1,
    failure: "notion_timeout",
    tokens: "sealed",
  });
  place.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${amount})
    INSERT INTO notion_entries (scope, id, version, state, due, delay, keys, data)
    SELECT '${client.clientId}', 'e' || i, 1, '${state}', NULL, NULL, '[]', '${data}' FROM n`);
}

describeOnTerminal("the command line on a narrow terminal", () => {
  test.each(["", "vault", "emulator"])("--help of %j fits, and says what it says on a wide one", async (command) => {
    const args = [...(command === "" ? [] : [command]), "--help"];
    const words = (text: string) => text.split(/\s+/);
    const wide = await onTerminal(200, args);
    expectToFit(wide.lines, 80);
    expect(words((await finish(args)).output)).toEqual(words(wide.output));
    for (const columns of widths) {
      const { lines, output } = await onTerminal(columns, args);
      expectToFit(lines, columns);
      expect(words(output)).toEqual(words(wide.output));
    }
  });

  test.each(widths)("list and failed on %i columns: a few short lines for each", async (columns) => {
    const place = await openPlace();
    const at = { since: 3 * 3_600_000, attempts: 12_345, failure: "client_secret_unavailable" };
    const waiting = await place.add({ ...at, cause: "disconnected", dueIn: 99.4 * 60_000 });
    const failed = await place.add({ ...at, state: "failed", dueIn: null, attempts: 1 });
    const unreadable = await place.insert({ data: { v: 2 } });
    const list = await onTerminal(columns, ["vault", "list", "--sqlite", place.path], environment);
    expectNoSecrets(list);
    // A path is left whole, so that it can be copied.
    expectToFit(list.lines, columns, place.path);
    const text = list.lines.join("\n").replace(/\n +/g, " ");
    expect(text).toContain(`${unreadable} unreadable, 0 tries, next now\n`);
    expect(text).toMatch(
      new RegExp(`^${waiting} disconnected 3 h ago, 12345 tries, next 9[89] min, client_secret_unavailable$`, "m"),
    );
    expect(list.output).not.toContain("LAST FAILURE");
    const given = await onTerminal(columns, ["vault", "failed", "--sqlite", place.path], environment);
    expect(given.code).toBe(1);
    expectToFit(given.lines, columns, place.path);
    expect(given.lines.indexOf(`  client_secret_unavailable`) - given.lines.indexOf(failed)).toBeLessThanOrEqual(3);
    expect(given.lines.join(" ")).toContain(`1 revocation of client ${client.clientId} failed in`);
  });

  test("where there is room for it, a terminal gets the same table as a program", async () => {
    const place = await openPlace();
    await place.add({ since: 3 * 86_400_000, attempts: 1, failure: "notion_timeout" });
    const args = ["vault", "list", "--sqlite", place.path];
    const [headings, row] = (await finish(args, { env: environment })).output.split("\n");
    expect((await onTerminal(80, args, environment)).lines.slice(0, 2)).toEqual([headings, row]);
    // A terminal whose size nobody has set.
    expect((await onTerminal(0, args, environment)).lines.slice(0, 2)).toEqual([headings, row]);
  });

  test("text in a damaged vault cannot command it", async () => {
    const place = await openPlace();
    await place.add({ attempts: 1, failure: "\x1b]0;owned\x07\n" });
    const { output } = await onTerminal(40, ["vault", "list", "--sqlite", place.path], environment);
    expect(output).toContain("?]0;owned??");
    expect(output).not.toContain("\x1b");
  });

  test("what cannot be done is wrapped at words, too", async () => {
    const { code, lines } = await onTerminal(32, ["vault", "list", "--sqlite", "x.db", "--key-prefix", "app:"]);
    expect(code).toBe(2);
    expectToFit(lines, 32);
    expect(lines.join(" ")).toContain("--key-prefix goes with --redis only.");
  });

  test.each(widths)("drain on %i columns tells the most important first", async (columns) => {
    const emulator = createNotionEmulator();
    await emulator.start();
    emulator.down({ status: 503 });
    const place = await openPlace({ emulator });
    await Promise.all(Array.from({ length: 1203 }, () => place.add({ dueIn: 600_000 })));
    await place.add({});
    const drain = [
      "drain",
      "--base-url",
      emulator.url,
      "--sqlite",
      place.path,
      "--timeout",
      "6s",
      "--progress",
      "50ms",
    ];
    const { code, lines, progress } = await onTerminal(columns, ["vault", ...drain], environment);
    await emulator.close();
    expect(code).toBe(1);
    expectToFit(lines, columns, place.path);
    // The last column is left free.
    expectToFit(progress, columns - 1);
    const told = progress.filter((line) => line !== "Reading what waits.");
    expect(told.length).toBeGreaterThan(3);
    for (const line of told)
      expect(line).toMatch(/^1,204 left, 0 done(?:, (?:\d+ (?:s|min) so far|next in \d+ (?:s|min)|\w+))*$/);
    expect(told.some((line) => line.includes(columns === 32 ? ", next in " : ", notion_unavailable"))).toBe(true);
  });

  test.each(["list", "failed", "retry --all"])("%s of very many tells how far it is", async (command) => {
    const place = await openPlace();
    // Each retry is a write to the disk.
    const amount = command.startsWith("retry") ? 2000 : 12_000;
    fill(place, amount, command === "list" ? "ending" : "failed");
    const args = ["vault", ...command.split(" "), "--sqlite", place.path, "--progress", "1ms"];
    const { lines, progress } = await onTerminal(32, args, environment);
    expectToFit(progress, 31);
    const told = command.startsWith("retry") ? /^[\d,]+ of 2,000 put back$/ : /^[\d,]+ revocations read so far$/;
    expect(progress.filter((line) => told.test(line)).length).toBeGreaterThan(2);
    expect(lines.join(" ")).toContain(`${amount.toLocaleString("en")} revocations`);
  });
});

test("progress goes to the standard error, one line each, where that is no terminal", async () => {
  const place = await openPlace();
  fill(place, 5000, "ending");
  const args = ["vault", "list", "--sqlite", place.path, "--json", "--progress", "1ms"];
  const { output, errors } = await finish(args, { env: environment });
  expect(JSON.parse(output)).toMatchObject({ waiting: 5000 });
  expect(errors).toMatch(/^(?:[\d,]+ revocations? read so far\n)+$/);
});

test("a stream that is no terminal has no columns, and one of unknown size 80", () => {
  expect(columnsOf({ isTTY: false, columns: 40 })).toBeUndefined();
  expect(columnsOf({ isTTY: true, columns: 0 })).toBe(80);
  expect(columnsOf({ isTTY: true, columns: 40 })).toBe(40);
});

test("words are wrapped, and longer ones left whole", () => {
  expect(wrap("aa bb cccccccc d".split(" "), 6)).toBe("aa bb\ncccccccc\nd\n");
  expect(wrap("aa bb cc".split(" "), 6, 2)).toBe("  aa\n  bb\n  cc\n");
});

test("help is laid out in two columns, or one below the other", () => {
  const help =
    "Usage: x\n\nOne two three four\nfive.\n\nOptions:\n  --a <n>   what a is for\n            on two lines\n  ALONE\n";
  expect(fitHelp(help, 80)).toBe(help);
  expect(fitHelp(help, 22)).toBe(
    "Usage: x\n\nOne two three four\nfive.\n\nOptions:\n  --a <n>\n      what a is for on\n      two lines\n  ALONE\n",
  );
  expect(fitHelp(help.replace("lines", "lines, and on a third one, if need be, too"), 48)).toContain(
    "\n  --a <n>   what a is for on two lines, and on a\n            third one, if need be, too\n",
  );
});
