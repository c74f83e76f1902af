import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compiledVaults } from "../support/compiled-vaults.js";
import { run } from "../support/run.js";
import { temporary } from "../support/server-process.js";

/** What the calls of a vault come to in a directory where `pg` is not installed, or is this program. */
async function outcomes(pg?: string): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), "postgres-driver-"));
  onTestFinished(temporary(directory).remove);
  const compiled = await compiledVaults();
  for (const name of readdirSync(compiled).filter((one) => one !== "node_modules"))
    cpSync(join(compiled, name), join(directory, name), { recursive: true });
  if (pg !== undefined) {
    const home = join(directory, "node_modules/pg");
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), '{"name":"pg","main":"index.js"}');
    writeFileSync(join(home, "index.js"), pg);
  }
  const program = `
    import { postgresVault } from "./postgres.js";
    const vault = postgresVault("postgres://user:pa55word@127.0.0.1:1/none", { migrate: true }).open("client");
    const show = (error) => [error.name, error.code, error.message, error.cause?.message].join("|");
    for (const call of [() => vault.get("a"), () => vault.takeDue(1, 1000)]) console.log(await call().catch(show));
    await vault.close();`;
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", program], directory);
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

const installIt =
  "OptionError|ERR_NOTION_OAUTH_OPTION|`postgresVault` needs the package `pg`: install it, or pass an open pool of it.|";

test("postgresVault rejects each call with what to install, when `pg` is not", async () => {
  expect(await outcomes()).toEqual([installIt, installIt]);
});

test("postgresVault says why, when `pg` does not work here", async () => {
  const broken = `${installIt}was made for another Node`;
  expect(await outcomes('throw new Error("was made for another Node")')).toEqual([broken, broken]);
});
