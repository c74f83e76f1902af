// npm run matrix: lives once on every runtime, with every Express, Passport and vault, and prints which worked.
//   --check  fails unless the page has the very same table      --write  puts it there
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadDatabase } from "../../examples/cluster/databases/index.js";
import { bring, run, runtimes } from "./runtimes.mjs";
import { tableIn, tableOf, withTable } from "./table.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = join(root, "docs/tooling.md");
const folder = mkdtempSync(join(tmpdir(), "matrix-"));
// PostgreSQL runs as another user.
chmodSync(folder, 0o711);
const troubles = [];

async function startServer(name, kind) {
  try {
    return [name, await (await loadDatabase(kind)).startDatabase(folder)];
  } catch (error) {
    troubles.push(`${name}: ${error.message}`);
    return [];
  }
}

async function liveOn(runtime, places) {
  const { name, args } = runtime;
  try {
    const program = await bring(runtime);
    const { status, stdout, output } = await run(program, [...args, "test/matrix/run-cells.mjs", places], root);
    const lives = stdout.split("\n").flatMap((line) => (line.startsWith("{") ? JSON.parse(line) : []));
    if (status !== 0) throw new Error(`ended with ${status}: ${output.slice(-2000)}`);
    for (const { error, express, passport, vault } of lives)
      if (error) troubles.push(`${name}, Express ${express}, Passport ${passport}, ${vault}: ${error}`);
    const again = lives.filter(({ isAgain }) => isAgain).length;
    console.error(`... ${name}: ${lives.length} lives${again > 0 ? `, ${again} at the second try` : ""}`);
    return { name, lives };
  } catch (error) {
    troubles.push(`${name}: ${error.message}`);
    return { name, lives: [] };
  }
}

const servers = [await startServer("PostgreSQL", "postgres"), await startServer("Redis", "redis")].filter(
  ([name]) => name !== undefined,
);
try {
  const places = JSON.stringify({ folder, ...Object.fromEntries(servers.map(([name, { at }]) => [name, at])) });
  const results = [];
  const left = runtimes.entries();
  const work = async () => {
    for (const [index, runtime] of left) results[index] = await liveOn(runtime, places);
  };
  await Promise.all([work(), work()]);

  const table = tableOf(results);
  console.log(table);
  const text = readFileSync(page, "utf8");
  if (process.argv.includes("--write")) writeFileSync(page, withTable(text, table));
  else if (process.argv.includes("--check") && tableIn(text) !== table)
    troubles.push(`${page} has another table: npm run matrix -- --write`);
} finally {
  await Promise.all(servers.map(([, { stop }]) => stop()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
for (const trouble of troubles) console.error(`\n${trouble}`);
process.exitCode = troubles.length > 0 ? 1 : 0;
