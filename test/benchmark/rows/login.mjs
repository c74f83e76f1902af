import { contestants } from "../contestants/index.mjs";
import { available, newDatabaseOf } from "../databases.mjs";
import { send } from "../load.mjs";
import { startChild } from "../processes/child.mjs";
import { callbacks } from "../sessions.mjs";
import { median, medianRatio, rotate, round } from "../statistics.mjs";

const REFERENCE = "undici";
const all = ["bare", "bareAgain", "memory", "sqlite", "postgres", "redis", "undici", "http", "passport"];
/** Logins that are not counted: until the code is compiled. */
const WARM_UP = 1500;

/** What a login costs: both requests, to Notion and back from it. */
export async function login({ quick, report }) {
  report("login");
  const entrants = await available(all);
  const rounds = quick ? 3 : 5;
  const count = quick ? 300 : 1000;
  const notion = await startChild("fake-notion.mjs");
  const notionUrl = await notion.ask("url");
  const results = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    const result = {};
    for (const name of rotate(entrants, turn)) result[name] = await logInAll(name, notionUrl, count);
    results.push(result);
  }
  await notion.end();
  const rows = entrants.map((name) => ({
    contestant: contestants[name].title,
    "CPU µs": round(median(results.map((result) => result[name].cpu))),
    "CPU ×undici": round(medianRatio(results, name, REFERENCE, "cpu"), 2),
    "logins/s": round(median(results.map((result) => result[name].perSecond))),
    "per s ×undici": round(medianRatio(results, name, REFERENCE, "perSecond"), 2),
  }));
  return [{ title: `Login, Notion answering at once (${rounds} rounds of ${count})`, rows }];
}

/** In a new process each time: how fast one runs for its whole life differs by a tenth and more from one to the next. */
async function logInAll(name, notionUrl, count) {
  const app = await startChild("app.mjs", {
    name,
    notionUrl,
    database: await newDatabaseOf(contestants[name].database),
  });
  const origin = await app.ask("origin");
  await measure(app, origin, WARM_UP);
  const result = await measure(app, origin, count);
  await app.end();
  return result;
}

async function measure(app, origin, count) {
  const before = await app.ask("cpu");
  const started = await send({
    origin,
    concurrency: 16,
    requests: Array.from({ length: count }, () => ({ path: "/login" })),
  });
  const finished = await send({ origin, concurrency: 16, requests: callbacks(started.answers) });
  const after = await app.ask("cpuNow");
  const isIn = ({ status, cookie }) => (status === 302 || status === 303) && cookie?.includes("connect.sid=");
  if (!finished.answers.every(isIn)) throw new Error("A login failed.");
  return { cpu: (after - before) / count, perSecond: (count / (started.elapsed + finished.elapsed)) * 1000 };
}
