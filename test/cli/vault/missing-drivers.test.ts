import { cpSync, mkdtempSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { temporary } from "../../support/server-process.js";
import { finish, root, useCommandLine } from "../support/command-line.js";
import { environment, expectNoSecrets } from "../support/vault-command.js";

useCommandLine();

const hasSqlite = process.getBuiltinModule?.("node:sqlite") !== undefined;
let sqliteFile = "";
beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), "sqlite-file-"));
  sqliteFile = join(directory, "notion.db");
  writeFileSync(sqliteFile, "");
  return temporary(directory).remove;
});

/** Where the package is installed alone, or with packages that throw when they are loaded. */
function install(broken: readonly string[] = []): string {
  const directory = mkdtempSync(join(tmpdir(), "installed-"));
  onTestFinished(temporary(directory).remove);
  for (const name of ["dist", "package.json"])
    cpSync(join(root, name), join(directory, "node_modules/express-notion-oauth", name), { recursive: true });
  for (const name of broken) {
    const home = join(directory, "node_modules", name);
    mkdirSync(home);
    writeFileSync(join(home, "package.json"), JSON.stringify({ name, main: "index.js" }));
    writeFileSync(join(home, "index.js"), 'throw new Error("was made for another Node")');
  }
  return join(directory, "node_modules/express-notion-oauth/dist/cli/main.js");
}

const engines = [
  ["postgres", "postgres://app:hush@127.0.0.1:1/none", "pg", "pg"],
  ["redis", "redis://app:hush@127.0.0.1:1", "ioredis", "ioredis"],
  ...(hasSqlite ? [] : [["sqlite", "FILE", "better-sqlite3", "libsql"] as const]),
] as const;

for (const [name, at, toInstall, known] of engines) {
  const list = (program: string) =>
    finish(["vault", "list", `--${name}`, at === "FILE" ? sqliteFile : at], { program, env: environment });

  test(`--${name} where no package for it is installed says which to install`, async () => {
    const result = await list(install());
    expectNoSecrets(result);
    expect(result).toMatchObject({ code: 2, output: "" });
    expect(result.errors).toMatch(
      new RegExp(`--${name} needs .*none is installed here: run .npm install ${toInstall}.`),
    );
    expect(result.errors).not.toMatch(/hush|There is no vault|pass/);
  });

  test(`--${name} where its package does not work says so`, async () => {
    const result = await list(install([known]));
    expect(result).toMatchObject({ code: 2, output: "" });
    expect(result.errors).toContain(`cannot be loaded by Node ${process.version}: run \`npm install ${toInstall}\``);
  });
}
