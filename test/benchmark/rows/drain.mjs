import { available, newDatabaseOf } from "../databases.mjs";
import { buildInternals } from "../internals.mjs";
import { startChild } from "../processes/child.mjs";
import { round } from "../statistics.mjs";

/** `share`: how many entries of the whole wait; `period` of the limit in ms. */
const limits = [
  { title: "Notion takes all" },
  { limit: 400, title: "Notion takes 400 calls (200 entries) a second" },
  {
    limit: 30,
    period: 10_000,
    share: 1 / 100,
    title: "Notion takes 30 calls (15 entries) in 10 s, which is its limit of 180 in a minute",
  },
];

/** How soon what an outage of Notion has left behind is dead, on each vault that processes can share. */
export async function drain({ quick, report }) {
  const waiting = quick ? 1000 : 10_000;
  const internals = await buildInternals();
  const tables = [];
  for (const { limit, period, share = 1, title } of limits) {
    const rows = [];
    for (const vault of await available(["sqlite", "postgres", "redis"])) {
      const row = { vault };
      for (const workers of [1, 2, 4]) {
        report(`${workers} workers on ${vault}: ${title}`);
        const { entries, refused } = await drainOnce({
          ...{ vault, internals, workers, limit, period },
          waiting: Math.max(60, waiting * share),
        });
        row[`${workers} workers`] = entries;
        if (limit !== undefined) row[`${workers}: refused, %`] = refused;
      }
      rows.push(row);
    }
    tables.push({
      title: `${Math.max(60, waiting * share)} entries, revoked a second by processes that only work. After 50 ms, ${title}`,
      rows,
    });
  }
  return tables;
}

async function drainOnce({ vault, internals, waiting, workers, limit, period }) {
  const database = await newDatabaseOf(vault);
  const notion = await startChild("fake-notion.mjs");
  await notion.ask("behave", { delay: 50, limit, period });
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
  return {
    entries: round(waiting / seconds, waiting / seconds < 10 ? 2 : 0),
    refused: round((100 * (calls - 2 * waiting)) / calls, 1),
  };
}
