import { expect, test } from "vitest";
import { outputWith } from "../support/compiled-vaults.js";

/** What the calls of a vault come to in a directory where `pg` is not installed, or is this program. */
async function outcomes(pg?: string): Promise<string[]> {
  const program = `
    import { postgresVault } from "./postgres.js";
    const vault = postgresVault("postgres://user:pa55word@127.0.0.1:1/none", { migrate: true }).open("client");
    const show = (error) => [error.name, error.code, error.message, error.cause?.message].join("|");
    for (const call of [() => vault.get("a"), () => vault.takeDue(1, 1000)]) console.log(await call().catch(show));
    await vault.close();`;
  const output = await outputWith(pg === undefined ? {} : { pg }, program);
  return output.trim().split("\n");
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
