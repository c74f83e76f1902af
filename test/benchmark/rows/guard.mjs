import { startChild } from "../processes/child.mjs";
import { contestants } from "../contestants.mjs";
import { send } from "../load.mjs";
import { startRedis } from "../processes/redis.mjs";
import { makeSessions } from "../sessions.mjs";
import { median, medianRatio, rotate, round } from "../statistics.mjs";

const entrants = ["bare", "oneRead", "ours", "passport"];
const SESSIONS = 50;
/** Requests that are not counted: until the code is compiled. */
const WARM_UP = 2000;

/** What the guard costs on a route that does nothing else, against a session that is only looked at. */
export async function guard({ quick, report }) {
  const tables = [];
  const rounds = quick ? 3 : 9;
  const count = quick ? 1000 : 3000;
  report("guarded route on MemoryStore");
  tables.push(await measure("MemoryStore", undefined, rounds, count));
  const redis = await startRedis();
  if (redis === undefined) {
    tables.push({ title: "Guarded route on Redis", notes: ["skipped: there is no redis-server"] });
    return tables;
  }
  report("guarded route on Redis");
  tables.push(await measure("Redis", redis.url, rounds, count));
  await redis.end();
  return tables;
}

async function measure(store, redisUrl, rounds, count) {
  const notion = await startChild("fake-notion.mjs");
  const notionUrl = await notion.ask("url");
  const results = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    const result = {};
    for (const name of rotate(entrants, turn)) result[name] = await askNew({ name, notionUrl, redisUrl }, count);
    results.push(result);
  }
  await notion.end();
  return {
    title: `Guarded route on ${store} (${rounds} rounds of ${count})`,
    rows: entrants.map((name) => ({
      contestant: name === "bare" ? "express-session alone" : contestants[name].title,
      "requests/s": round(median(results.map((result) => result[name].perSecond))),
      "per s ×bare": round(medianRatio(results, name, "bare", "perSecond"), 2),
      "CPU µs": round(median(results.map((result) => result[name].cpu))),
      "CPU ×bare": round(medianRatio(results, name, "bare", "cpu"), 2),
    })),
  };
}

/** In a new process each time: how fast one runs for its whole life differs by a tenth and more from one to the next. */
async function askNew(options, count) {
  const app = await startChild("app.mjs", options);
  const origin = await app.ask("origin");
  const { cookies } = await makeSessions(origin, SESSIONS);
  const entrant = { app, origin, cookies };
  await ask(entrant, WARM_UP);
  const result = await ask(entrant, count);
  await app.end();
  return result;
}

async function ask({ app, origin, cookies }, count) {
  const requests = Array.from({ length: count }, (_, index) => ({
    path: "/guarded",
    cookie: cookies[index % cookies.length],
  }));
  const before = await app.ask("cpu");
  const { answers, elapsed } = await send({ origin, concurrency: 16, requests });
  const after = await app.ask("cpuNow");
  if (answers.some(({ status }) => status !== 200)) throw new Error("A request was refused.");
  return { cpu: (after - before) / count, perSecond: (count / elapsed) * 1000 };
}
