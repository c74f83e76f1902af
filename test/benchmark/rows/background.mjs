import { startChild } from "../processes/child.mjs";
import { contestants } from "../contestants/index.mjs";
import { newDatabaseOf } from "../databases.mjs";
import { send } from "../load.mjs";
import { logouts, makeSessions } from "../sessions.mjs";
import { quantile, round } from "../statistics.mjs";

const conditions = {
  "0 ms": { delay: 0 },
  "20 ms": { delay: 20 },
  "200 ms": { delay: 200 },
  down: { down: true },
};

/** How long a logout takes in each mode, whatever Notion does. One client, one logout after the other. */
export async function background({ quick, report }) {
  report("background mode");
  const count = quick ? 30 : 100;
  const rows = [];
  for (const name of ["bare", "memoryBackground", "memory", "sqliteBackground", "sqlite", "undici"]) {
    const row = { contestant: contestants[name].title };
    for (const [title, how] of Object.entries(conditions)) row[`p50 ms, ${title}`] = await measure(name, how, count);
    rows.push(row);
  }
  return [{ title: "Logout, time to answer by Notion's latency", rows }];
}

async function measure(name, how, count) {
  const notion = await startChild("fake-notion.mjs");
  const app = await startChild("app.mjs", {
    name,
    notionUrl: await notion.ask("url"),
    database: await newDatabaseOf(contestants[name].database),
  });
  const origin = await app.ask("origin");
  const warm = await makeSessions(origin, count);
  await send({ origin, concurrency: 1, requests: logouts(warm.cookies) });
  const { cookies } = await makeSessions(origin, count);
  await notion.ask("behave", how);
  const { answers } = await send({ origin, concurrency: 1, requests: logouts(cookies), timeout: 5000 });
  await app.end();
  await notion.end();
  return round(
    quantile(
      answers.map(({ ms }) => ms),
      0.5,
    ),
    1,
  );
}
