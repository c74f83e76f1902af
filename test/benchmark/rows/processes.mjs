import { startChild } from "../processes/child.mjs";
import { contestants } from "../contestants/index.mjs";
import { available, newDatabaseOf } from "../databases.mjs";
import { send } from "../load.mjs";
import { logouts, makeSessions } from "../sessions.mjs";
import { median, round } from "../statistics.mjs";

const WARM_UP = 1000;
const CONCURRENCY = 32;

/** What a second process on the same vault brings: logouts a second of both together. */
export async function processes({ quick, report }) {
  report("one and two processes on one vault");
  const rounds = quick ? 3 : 5;
  const count = quick ? 600 : 2000;
  const rows = [];
  for (const name of await available(["sqlite", "postgres", "redis"])) {
    const rates = { 1: [], 2: [] };
    for (let round = 0; round < rounds; round += 1)
      for (const number of [1, 2]) rates[number].push(await measure(name, number, count));
    rows.push({
      contestant: contestants[name].title,
      "1 process, logouts/s": round(median(rates[1])),
      "2 processes, logouts/s": round(median(rates[2])),
      ratio: round(median(rates[2].map((rate, index) => rate / rates[1][index])), 2),
    });
  }
  return [{ title: `Logouts with one and two processes on one vault (${rounds} rounds of ${count})`, rows }];
}

async function measure(name, number, count) {
  const notion = await startChild("fake-notion.mjs");
  const notionUrl = await notion.ask("url");
  const database = await newDatabaseOf(contestants[name].database);
  const apps = [];
  for (let index = 0; index < number; index += 1) apps.push(await startChild("app.mjs", { name, notionUrl, database }));
  const origins = await Promise.all(apps.map((app) => app.ask("origin")));
  const logOutAll = async (total) => {
    const share = total / number;
    const sessions = await Promise.all(origins.map((origin) => makeSessions(origin, share)));
    const since = performance.now();
    const parts = await Promise.all(
      origins.map((origin, index) =>
        send({ origin, concurrency: CONCURRENCY / number, requests: logouts(sessions[index].cookies) }),
      ),
    );
    if (parts.some(({ answers }) => answers.some(({ status }) => status !== 200))) throw new Error("A logout failed.");
    return total / ((performance.now() - since) / 1000);
  };
  await logOutAll(WARM_UP);
  const rate = await logOutAll(count);
  for (const app of apps) await app.end();
  await notion.end();
  return rate;
}
