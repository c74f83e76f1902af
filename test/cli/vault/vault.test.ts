import { chownSync, closeSync, copyFileSync, existsSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqliteVault } from "../../../src/sqlite/index.js";
import { ended, finish, start, useCommandLine } from "../support/command-line.js";
import { client, expectNoSecrets, openPlace, run } from "../support/vault-command.js";

useCommandLine();

describe("vault list and failed", () => {
  test("nothing waits: exit code 0, and whose revocations were looked for", async () => {
    const place = await openPlace();
    await place.add({ state: "held", dueIn: 600_000 });
    expect(await run(place, "list")).toEqual({
      code: 0,
      output: `0 revocations of client ${client.clientId} wait in ${place.path}.\n`,
      errors: "",
    });
    expect(await run(place, "failed")).toMatchObject({ code: 0, output: expect.stringContaining("0 revocations") });
  });

  test.each(["list", "failed", "retry --all", "drain"])(
    "%s with a mistyped client id asks whether it is the right one",
    async (command) => {
      const place = await openPlace();
      await place.insert({ state: "mark", dueIn: 600_000 });
      expect(await run(place, command, { NOTION_CLIENT_ID: "typo" })).toMatchObject({
        code: 0,
        output: expect.stringContaining("0 "),
        errors: expect.stringContaining(
          `Nothing of client typo is in ${place.path}. If that is not a new app, look at`,
        ),
      });
    },
  );

  test("a tombstone shows that a client has been there", async () => {
    const place = await openPlace();
    await place.insert({ state: "ended", dueIn: 600_000 });
    expect(await run(place, "list")).toMatchObject({ code: 0, output: expect.stringContaining("0 revocations") });
  });

  test("list shows what waits, longest first, and nothing of live sessions or other clients", async () => {
    const place = await openPlace();
    const fresh = await place.add({ since: 5000 });
    const tried = await place.add({
      since: 3 * 3_600_000,
      cause: "disconnected",
      attempts: 12_345,
      failure: "notion_rate_limited",
      dueIn: 99.4 * 60_000,
    });
    await place.add({ state: "held", dueIn: 1000 });
    await place.addFor("another-client", {});
    const { code, output } = await run(place, "list");
    expect(code).toBe(0);
    const [headings, first, second, last, ...rest] = output.split("\n");
    expect(headings).toMatch(/^ID +WHY +AGE +TRIES +NEXT +LAST FAILURE$/);
    expect(first).toMatch(new RegExp(`^${tried} +disconnected +3 h +12345 +9[89] min +notion_rate_limited$`));
    expect(second).toMatch(new RegExp(`^${fresh} +logged_out +\\d+ s +0 +now$`));
    expect(last).toBe(`2 revocations of client ${client.clientId} wait in ${place.path}.`);
    expect(rest).toEqual([""]);
    for (const row of [headings, first, second]) expect(row?.length).toBeLessThanOrEqual(80);
  });

  test("list --json: one document, without what else an entry holds", async () => {
    const place = await openPlace();
    const id = await place.add({ since: 60_000, attempts: 2, failure: "notion_timeout", dueIn: 30_000 });
    await place.add({ since: 1000 });
    await place.add({ state: "failed", dueIn: null });
    const { output } = await run(place, "list --json --limit 1");
    expect(JSON.parse(output)).toEqual({
      vault: place.path,
      client: client.clientId,
      waiting: 2,
      failed: 1,
      revocations: [
        {
          id,
          reason: "logged_out",
          since: expect.any(Number),
          attempts: 2,
          cause: "notion_timeout",
          dueIn: expect.any(Number),
        },
      ],
    });
  });

  test("list of very many: a hundred are shown, all are counted", async () => {
    const place = await openPlace();
    await Promise.all(Array.from({ length: 1203 }, () => place.add({})));
    const { output } = await run(place, "list");
    expect(output.trimEnd().split("\n")).toHaveLength(102);
    expect(output).toContain("1,203 revocations");
    expect(output).toContain(", 100 shown.");
    const { revocations } = JSON.parse((await run(place, "list --json")).output) as { revocations: { id: string }[] };
    expect(new Set(revocations.map(({ id }) => id)).size).toBe(1203);
  });

  test("failed shows what was given up, with exit code 1", async () => {
    const place = await openPlace();
    const id = await place.add({
      state: "failed",
      dueIn: null,
      since: 4 * 86_400_000,
      attempts: 9,
      failure: "notion_unavailable",
    });
    const { code, output } = await run(place, "failed");
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`^${id} +logged_out +4 d +9 +notion_unavailable$`, "m"));
    expect(output).toContain("1 revocation of client");
    expect((await run(place, "list")).output).toContain("1 revocation failed: see `vault failed`.");
  });

  test("an entry that this version cannot read is shown with its id", async () => {
    const place = await openPlace();
    const id = await place.insert({ state: "ending", dueIn: 0, data: { v: 2, tokens: "?" } });
    expect((await run(place, "list")).output).toMatch(new RegExp(`^${id} +unreadable +0 +now$`, "m"));
  });

  test("text in a damaged vault cannot command the terminal", async () => {
    const place = await openPlace();
    await place.add({ attempts: 1, failure: "\x1b]0;owned\x07\n" });
    for (const args of ["list", "list --json"]) expect((await run(place, args)).output).toContain("?]0;owned??");
  });
});

describe("vault retry", () => {
  test("puts back what is named, failed or waiting, and says what is not there", async () => {
    const place = await openPlace();
    const failed = await place.add({ state: "failed", dueIn: null, since: 9 * 86_400_000, attempts: 9 });
    const waiting = await place.add({ dueIn: 600_000, attempts: 4 });
    const held = await place.add({ state: "held", dueIn: 600_000 });
    expect(await run(place, `retry ${failed} ${waiting} ${held} nobody`)).toEqual({
      code: 1,
      output: "2 revocations put back, due now.\n",
      errors: expect.stringMatching(new RegExp(`No revocation ${held} of .*\n.*No revocation nobody of`)),
    });
    for (const id of [failed, waiting])
      expect(await place.vault.get(id)).toMatchObject({ state: "ending", data: { attempts: 0 } });
    expect(await place.vault.get(held)).toMatchObject({ state: "held", version: 1 });
  });

  test("--all: everything that failed, and nothing else", async () => {
    const place = await openPlace();
    const failed = [
      await place.add({ state: "failed", dueIn: null }),
      await place.add({ state: "failed", dueIn: null }),
    ];
    const waiting = await place.add({ dueIn: 600_000 });
    const { code, output } = await run(place, "retry --all --json");
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ retried: failed.sort(), missing: [] });
    expect(await place.vault.get(waiting)).toMatchObject({ version: 1 });
    expect(await run(place, "failed")).toMatchObject({ code: 0 });
  });

  test("an entry that this version cannot read is left, and does not keep others from being tried", async () => {
    const place = await openPlace();
    const strange = await place.insert({ id: "a-strange-one", state: "failed", dueIn: null, data: { v: 2 } });
    const failed = await place.add({ state: "failed", dueIn: null });
    const { code, output, errors } = await run(place, "retry --all");
    expect({ code, output }).toEqual({ code: 1, output: "1 revocation put back, due now.\n" });
    expect(errors).toContain(`The entry ${strange} is damaged, or a newer version wrote it`);
    expect(await place.vault.get(strange)).toMatchObject({ version: 1, state: "failed" });
    expect(await place.vault.get(failed)).toMatchObject({ state: "ending" });
    expect(JSON.parse((await run(place, `retry --json ${strange}`)).output)).toMatchObject({ missing: [strange] });
  });

  test("an id that begins with a hyphen is no option", async () => {
    const place = await openPlace();
    const id = await place.add({ state: "failed", dueIn: null, id: "-a_hyphenated-entry-id" });
    expect(await run(place, `retry ${id}`)).toMatchObject({ code: 0, output: "1 revocation put back, due now.\n" });
  });
});

describe("vault schema", () => {
  test("prints the SQL that makes a vault, without a vault", async () => {
    const { code, output } = await finish(["vault", "schema", "--sqlite"]);
    expect(code).toBe(0);
    const { path, exec } = await openPlace({ schema: "none" });
    exec(output);
    expect((await run({ path }, "list")).errors).toContain("Nothing of client");
    expect(await finish(["vault", "schema", "--sqlite", "/not/there"])).toMatchObject({ code: 0, output });
  });
});

describe("vault", () => {
  test("--help explains its commands, in 80 columns", async () => {
    for (const args of [["--help"], ["help"], ["drain", "-h"]]) {
      const { code, output } = await finish(["vault", ...args]);
      expect(code).toBe(0);
      expect(output).toContain("NOTION_CLIENT_SECRET");
      expect(output.split("\n").filter((line) => line.length > 80)).toEqual([]);
    }
  });

  test.each([
    ["", "Say what to do"],
    ["lost --sqlite package.json", "lost"],
    ["list", "--sqlite FILE"],
    ["list --sqlite /does/not/exist.db", "There is no file /does/not/exist.db"],
    ["list --sqlite src", "src is not a file"],
    ["list something --sqlite package.json", "something"],
    ["list --sqlite package.json --limit 0", "--limit"],
    ["drain --sqlite package.json --timeout soon", "--timeout"],
    ["drain --sqlite package.json --timeout 0", "--timeout"],
    ["retry --sqlite package.json", "--all"],
    ["retry --all an-id --sqlite package.json", "--all"],
    ["drain --sqlite package.json --client-secret x", "--client-secret"],
    ["drain --sqlite package.json", "NOTION_CLIENT_SECRET"],
  ])("%s: exit code 2 and a sentence", async (args, sentence) => {
    const env = { NOTION_CLIENT_ID: "id" };
    const { code, errors, output } = await finish(["vault", ...args.split(" ").filter((arg) => arg !== "")], { env });
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain(sentence);
    expect(errors).toContain("--help");
    expect(errors).not.toMatch(/\n\s+at /);
  });

  test.each(["list", "drain"])("%s without a client id: exit code 2", async (command) => {
    const place = await openPlace();
    await place.add({});
    const { code, errors } = await run(place, command, { NOTION_CLIENT_ID: "" });
    expect(code).toBe(2);
    expect(errors).toContain("NOTION_CLIENT_ID");
    expect(await run(place, `list --client-id ${client.clientId}`, { NOTION_CLIENT_ID: "" })).toMatchObject({
      code: 0,
    });
  });

  test.each([
    [{ NOTION_CLIENT_ID: "with:colon" }, "", "NOTION_CLIENT_ID"],
    [{}, "--base-url http://notion.example.com", "--base-url"],
  ])("drain with %j %s: exit code 2", async (env, flags, name) => {
    const { code, errors } = await run(await openPlace(), `drain ${flags}`.trim(), env as Record<string, string>);
    expect(code).toBe(2);
    expect(errors).toContain(name);
  });

  test("an id that no entry can have: exit code 2", async () => {
    const place = await openPlace();
    await place.add({});
    const { code, errors } = await run(place, "retry ../../etc/passwd");
    expect(code).toBe(2);
    expect(errors).toContain("is not the id");
  });

  test.each(["list", "retry --all", "drain"])("%s never makes a vault where there is none", async (command) => {
    const { directory, path, exec } = await openPlace({ schema: "none" });
    exec("CREATE TABLE somebody_elses (id)");
    const other = await run({ path }, command);
    expect(other).toMatchObject({ code: 2, errors: expect.stringContaining(`There is no vault in ${path}`) });
    const missing = await run({ path: join(directory, "other.db") }, command);
    expect(missing).toMatchObject({ code: 2, errors: expect.stringContaining(join(directory, "other.db")) });
    expect(readdirSync(directory)).toEqual(["notion.db"]);
  });

  test("a file that is no database: exit code 2, a sentence, and the file as it was", async () => {
    const { directory } = await openPlace();
    const path = join(directory, "text.db");
    writeFileSync(path, "no database at all. ".repeat(100));
    copyFileSync(path, `${path}.copy`);
    const { code, errors } = await run({ path }, "list");
    expect(code).toBe(2);
    expect(errors).toMatch(/text\.db cannot be opened: .*not a database/);
    expect(readdirSync(directory).filter((name) => name.startsWith("text"))).toEqual(["text.db", "text.db.copy"]);
  });

  test.runIf(process.getuid?.() === 0)("refuses to work as root in the file of somebody else", async () => {
    const place = await openPlace();
    chownSync(place.path, 4711, 4711);
    expect(await run(place, "list")).toMatchObject({ code: 2, errors: expect.stringContaining("user 4711") });
  });

  test("a vault of a newer version is left as it is", async () => {
    const place = await openPlace();
    place.exec("UPDATE notion_vault SET schema = 1000");
    const { code, errors } = await run(place, "list");
    expect(code).toBe(2);
    expect(errors).toContain("newer version");
  });

  test("a reader that leaves early is no error", async () => {
    const place = await openPlace();
    await place.add({});
    const running = start(["vault", "list", "--sqlite", place.path], { env: { NOTION_CLIENT_ID: client.clientId } });
    running.child.stdout?.destroy();
    const result = await ended(running);
    expectNoSecrets(result);
    expect(result).toMatchObject({ code: 0, errors: "" });
  });

  test.runIf(existsSync("/dev/full"))("output that cannot be written: exit code 2 and a sentence", async () => {
    const { path, add } = await openPlace();
    await add({});
    const full = openSync("/dev/full", "w");
    onTestFinished(() => closeSync(full));
    const env = { NOTION_CLIENT_ID: client.clientId };
    expect(await ended(start(["vault", "list", "--sqlite", path], { output: full, env }))).toMatchObject({
      code: 2,
      errors: "express-notion-oauth: the output cannot be written: ENOSPC\n",
    });
  });

  test("works beside the app's own processes", async () => {
    const place = await openPlace();
    await place.add({ dueIn: 600_000 });
    const other = sqliteVault(place.path).open(client.clientId);
    onTestFinished(() => other.close?.());
    await other.find({ state: "ending" });
    expect(await run(place, "list")).toMatchObject({ code: 0, output: expect.stringContaining("1 revocation of") });
  });
});
