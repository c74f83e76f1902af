import { startChild } from "../processes/child.mjs";
import { contestants } from "../contestants/index.mjs";
import { newDatabaseOf, available } from "../databases.mjs";
import { send } from "../load.mjs";
import { makeSessions } from "../sessions.mjs";
import { median, medianRatio, rotate, round } from "../statistics.mjs";

const all = [
  "bare",
  "bareAgain",
  "readOfStore",
  "memory",
  "readOfSqlite",
  "sqlite",
  "readOfPostgres",
  "postgres",
  "readOfRedis",
  "redis",
  "passport",
];
const SESSIONS = 50;
/** Requests that are not counted: until the code is compiled. */
const WARM_UP = 3000;

/** What the guard costs on a route that does nothing else, against a session that is only looked at. Sessions are in express-session's MemoryStore. */
export async function guard({ quick, report }) {
  report("guarded route");
  const entrants = await available(all);
  const rounds = quick ? 5 : 9;
  const count = quick ? 1000 : 3000;
  const notion = await startChild("fake-notion.mjs");
  const notionUrl = await notion.ask("url");
  const results = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    const result = {};
    for (const name of rotate(entrants, turn))
      result[name] = await askNew(
        { name, notionUrl, database: await newDatabaseOf(contestants[name].database) },
        count,
      );
    results.push(result);
  }
  await notion.end();
  const rows = entrants.map((name) => ({
    contestant: contestants[name].title,
    "requests/s": round(median(results.map((result) => result[name].perSecond))),
    "per s ×bare": round(medianRatio(results, name, "bare", "perSecond"), 2),
    "CPU µs": round(median(results.map((result) => result[name].cpu))),
    "CPU ×bare": round(medianRatio(results, name, "bare", "cpu"), 2),
  }));
  return [{ title: `Guarded route (${rounds} rounds of ${count})`, rows }];
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
