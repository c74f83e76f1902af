import { available, newDatabaseOf } from "../databases.mjs";
import { buildInternals } from "../internals.mjs";
import { startChild } from "../processes/child.mjs";
import { round } from "../statistics.mjs";

const limits = [
  { limit: undefined, title: "Notion takes all" },
  { limit: 400, title: "Notion takes 400 calls (200 entries) a second" },
];

/** How soon what an outage of Notion has left behind is dead, on each vault that processes can share. */
export async function drain({ quick, report }) {
  const waiting = quick ? 1000 : 10_000;
  const internals = await buildInternals();
  const tables = [];
  for (const { limit, title } of limits) {
    const rows = [];
    for (const vault of await available(["sqlite", "postgres", "redis"])) {
      const row = { vault };
      for (const workers of [1, 2, 4]) {
        report(`${workers} workers on ${vault}: ${title}`);
        const { entries, refused } = await drainOnce({ vault, internals, waiting, workers, limit });
        row[`${workers} workers`] = entries;
        if (limit !== undefined) row[`${workers}: refused, %`] = refused;
      }
      rows.push(row);
    }
    tables.push({
      title: `${waiting} entries, revoked a second by processes that only work. After 50 ms, ${title}`,
      rows,
    });
  }
  return tables;
}

async function drainOnce({ vault, internals, waiting, workers, limit }) {
  const database = await newDatabaseOf(vault);
  const notion = await startChild("fake-notion.mjs");
  await notion.ask("behave", { delay: 50, limit });
  const notionUrl = await notion.ask("url");
  const apps = [];
  for (let index = 0; index < workers; index += 1)
    apps.push(await startChild("scale-app.mjs", { vault, database, internals, notionUrl }));
  await apps[0].ask("fill", { waiting, dueIn: 0 });
  const since = performance.now();
  await Promise.all(apps.map((app) => app.ask("work")));
  await apps[0].ask("drained", "ending");
  const seconds = (performance.now() - since) / 1000;
  const calls = await notion.ask("calls");
  for (const app of apps) await app.end();
  await notion.end();
  return { entries: round(waiting / seconds), refused: round((100 * (calls - 2 * waiting)) / calls, 1) };
}
