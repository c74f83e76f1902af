// Runs the battery against files, with the engine that this version of Node brings or finds. Prints one line of JSON.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const directory = process.argv[2];
const load = (file) => import(pathToFileURL(join(directory, file)).href);
const [{ sqliteVault }, { vaultContract }] = await Promise.all([load("sqlite.js"), load("testing.js")]);

const failures = [];
const home = mkdtempSync(join(tmpdir(), "sqlite-vault-"));
let files = 0;
const cases = vaultContract(async () => {
  files += 1;
  const path = join(home, `${files}.db`);
  return { vault: sqliteVault(path), other: sqliteVault(path), close: async () => {} };
});
for (const { name, run } of cases) await run().catch((error) => failures.push(`${name}: ${error.stack}`));

const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
const shared = new DatabaseSync(":memory:", { readBigInts: true });
const vault = sqliteVault(shared).open("client");
await vault.insert({ id: "entry", state: "held", dueIn: 60_000, keys: ["bot:b"], data: { one: 1 } });
const [{ version, dueIn }] = await vault.find({ key: "bot:b" });
if (version !== 1 || !(dueIn <= 60_000 && dueIn > 0)) failures.push("a database with bigint for numbers");
await vault.close();

rmSync(home, { recursive: true, force: true });
console.log(JSON.stringify({ cases: cases.length, failures }));
