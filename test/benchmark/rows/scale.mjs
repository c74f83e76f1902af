import { startChild } from "../processes/child.mjs";
import { available, newDatabaseOf } from "../databases.mjs";
import { buildInternals } from "../internals.mjs";
import { round } from "../statistics.mjs";

const vaults = ["memory", "sqlite", "postgres", "redis"];

/** What it costs to have very many connections: each vault with 100,000 that are held and 10,000 that wait. */
export async function scale({ quick, report }) {
  const held = quick ? 10_000 : 100_000;
  const waiting = quick ? 1000 : 10_000;
  const rows = [];
  const internals = await buildInternals();
  for (const vault of await available(vaults)) {
    report(`${held} held and ${waiting} waiting on ${vault}`);
    const database = await newDatabaseOf(vault);
    const app = await startChild("scale-app.mjs", { vault, database, internals });
    await app.ask("fill", { held, waiting });
    const found = await app.ask("measure", { samples: quick ? 50 : 200 });
    rows.push({ vault, ...Object.fromEntries(Object.entries(found).map(([name, value]) => [name, round(value, 2)])) });
    await app.end();
    if (vault === "memory") continue;
    // A new process opens what is there.
    const again = await startChild("scale-app.mjs", { vault, database, internals });
    rows.at(-1)["open ms"] = round(await again.ask("open"), 1);
    await again.end();
  }
  return [{ title: `${held} connections held and ${waiting} waiting to be revoked: ms for one call, medians`, rows }];
}
