import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sqliteVault } from "../../../src/sqlite/index.js";
import { openDatabase } from "../../sqlite/support/open-database.js";
import { runOk } from "../../support/run.js";
import { useCommandLine } from "../support/command-line.js";
import { appFolder, clientId, examine, examineModule } from "../support/doctor-command.js";

useCommandLine();

/** Nothing is sent without a secret. */
const env = { NOTION_CLIENT_SECRET: "" };

async function vaultOf(path: string): Promise<string[]> {
  return (await examine(["--sqlite", path], { env })).of("vault");
}

/** A file that an app has used, whose process has ended. */
async function usedFile(): Promise<string> {
  const folder = appFolder();
  const program = `import { sqliteVault } from "express-notion-oauth/sqlite";
    const vault = sqliteVault("notion.db").open("client");
    await vault.insert({ id: "held", state: "held", dueIn: null, keys: [], data: {} });
    await vault.close();`;
  await runOk(process.execPath, ["--input-type=module", "-e", program], folder);
  return join(folder, "notion.db");
}

function exec(path: string, sql: string): void {
  const database = openDatabase(path);
  database.exec(sql);
  database.close();
}

/** Everything that a look could change. */
function picture(path: string) {
  const { mode, uid, size, mtimeMs } = statSync(path);
  const content = createHash("sha256").update(readFileSync(path)).digest("hex");
  return { mode, uid, size, mtimeMs, content, files: readdirSync(join(path, "..")) };
}

describe("doctor --sqlite", () => {
  test("a vault that is right", async () => {
    const path = await usedFile();
    const before = picture(path);
    expect(await vaultOf(path)).toEqual([
      expect.stringMatching(/^ok: SQLite is opened with (?:node:sqlite|better-sqlite3|libsql)\.$/),
      `ok: Only its owner may read ${path}: its mode is 0600.`,
      "ok: Its tables are there, and its journal mode is WAL.",
      expect.stringMatching(/^ok: A write is on the disk when it is confirmed/),
    ]);
    expect(picture(path)).toEqual(before);
  });

  test("no file: it is said, and none is made", async () => {
    const folder = appFolder();
    const path = join(folder, "notion.db");
    expect(await vaultOf(path)).toContain(
      `warning: There is no file ${path} yet. The vault makes it when it is first used. If the app has run before, look whether this is the right path.`,
    );
    expect(readdirSync(folder)).toEqual(["node_modules"]);
  });

  test("no folder, and no path at all: a problem, in the words of sqliteVault()", async () => {
    const path = join(appFolder(), "nowhere", "notion.db");
    expect(await vaultOf(path)).toEqual([
      `problem: The database of \`sqliteVault\` is in the directory ${join(path, "..")}, which does not exist: make it first. Correct it in the environment, or on the command line.`,
    ]);
    expect(existsSync(join(path, ".."))).toBe(false);
    expect(await vaultOf("https://example.com")).toEqual([expect.stringMatching(/^problem: .* not a URL/)]);
  });

  test("a file that others may read: a problem, and it is left as it is", async () => {
    const path = await usedFile();
    chmodSync(path, 0o644);
    const before = picture(path);
    const found = await examine(["--sqlite", path], { env });
    expect(found.code).toBe(1);
    expect(found.of("vault")[1]).toBe(
      `problem: ${path} is open to other users of this machine: its mode is 0644, and should be 0600. Run \`chmod 600 ${path}\`, or start the app: its vault does that to what belongs to its user.`,
    );
    expect(picture(path)).toEqual(before);
  });

  test("a file without the vault's tables, and none are made", async () => {
    const path = join(appFolder(), "app.db");
    exec(path, "CREATE TABLE notes (id)");
    chmodSync(path, 0o600);
    const before = picture(path);
    expect(await vaultOf(path)).toContain(
      "ok: It has no tables of the vault yet: they are made when it is first used.",
    );
    expect(picture(path)).toEqual(before);
  });

  test("a journal that is not WAL, although the vault has been here", async () => {
    const path = await usedFile();
    exec(path, "PRAGMA journal_mode = DELETE");
    expect(await vaultOf(path)).toContainEqual(
      expect.stringMatching(/^warning: .* its journal mode is DELETE and not WAL/),
    );
  });

  test("what is no database, and one of a newer version", async () => {
    const path = join(appFolder(), "notes.txt");
    writeFileSync(path, "not a database, but long enough to be taken for one ".repeat(40), { mode: 0o600 });
    expect(await vaultOf(path)).toEqual([
      expect.stringMatching(
        /^problem: .* does not work: .*not a database \(SQLITE_NOTADB\)\. It is no file of sqliteVault/,
      ),
    ]);
    expect((await vaultOf(path))[0]).toContain(`The vault in ${path} does`);
    const newer = await usedFile();
    exec(newer, "UPDATE notion_vault SET schema = 1000");
    expect(await vaultOf(newer)).toEqual([expect.stringMatching(/^problem: .* newer version/)]);
  });

  test.runIf(process.getuid?.() === 0)("somebody else's file is not opened", async () => {
    const path = await usedFile();
    chownSync(path, 4711, 4711);
    const before = picture(path);
    expect(await vaultOf(path)).toContain(
      `warning: ${path} belongs to user 4711, and this runs as user 0: so it was not opened. Run this as the user that the app runs as.`,
    );
    expect(picture(path)).toEqual(before);
  });

  test("beside an app that is at work", async () => {
    const path = join(appFolder(), "notion.db");
    const vault = sqliteVault(path).open(clientId);
    await vault.insert({ id: "held", state: "held", dueIn: null, keys: [], data: {} });
    expect(await vaultOf(path)).toContain("ok: Its tables are there, and its journal mode is WAL.");
    expect(await vault.get("held")).toMatchObject({ version: 1 });
    await vault.close?.();
  });
});

describe("doctor --config with a SQLite vault", () => {
  const module = (vault: string, before = "") => `
    import { sqliteVault } from "express-notion-oauth/sqlite";
    ${before}
    export const notion = { clientId: "id", clientSecret: "", vault: ${vault} };`;

  test("by its path", async () => {
    const cwd = appFolder();
    const found = await examineModule(module('sqliteVault("notion.db")'), { cwd });
    expect(found.of("vault")).toContainEqual(expect.stringContaining(`There is no file ${join(cwd, "notion.db")} yet`));
  });

  test("a path that sqliteVault() refuses is a problem, and the module's other exports are not waited for", async () => {
    const cwd = appFolder();
    const found = await examineModule(module('sqliteVault("nowhere/notion.db")'), { cwd });
    expect([found.code, found.of("vault")]).toEqual([
      1,
      [
        `problem: The database of \`sqliteVault\` is in the directory ${join(cwd, "nowhere")}, which does not exist: make it first. Correct it in ${join(cwd, "config.mjs")}.`,
      ],
    ]);
    expect(found.of("credentials")).toEqual([expect.stringMatching(/^skipped: /)]);
  });

  test("as a database that the app has opened", async () => {
    const cwd = appFolder(["express", "express-session", "libsql"]);
    const open = 'import Database from "libsql"; const database = new Database("app.db");';
    const shared = (await examineModule(module("sqliteVault(database)", open), { cwd })).of("vault");
    expect(shared).toContainEqual(
      expect.stringMatching(/^problem: .*app\.db is open to other users.*mode is 06[4-6][4-6]/),
    );
    expect(shared).toContain("ok: It has no tables of the vault yet: they are made when it is first used.");
    const inMemory = open.replace("app.db", ":memory:");
    expect((await examineModule(module("sqliteVault(database)", inMemory), { cwd })).of("vault")).toEqual([
      expect.stringMatching(/^warning: The database is in the memory of this process/),
    ]);
  });

  test("as a database whose `synchronous` the app has set back", async () => {
    const cwd = appFolder(["express", "express-session", "libsql"]);
    mkdirSync(join(cwd, "data"));
    const before = `import Database from "libsql"; const database = new Database("data/app.db");
      const vault = sqliteVault(database);
      await vault.open("id").get("nothing");
      database.exec("PRAGMA synchronous = NORMAL");`;
    const found = await examineModule(module("vault", before), { cwd });
    expect(found.of("vault")).toContainEqual(
      expect.stringMatching(/^problem: The app has set `synchronous` below FULL/),
    );
  });
});
