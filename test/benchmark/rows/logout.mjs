import { startChild } from "../processes/child.mjs";
import { contestants } from "../contestants/index.mjs";
import { available, newDatabaseOf } from "../databases.mjs";
import { send } from "../load.mjs";
import { logouts, makeSessions } from "../sessions.mjs";
import { median, medianRatio, quantile, rotate, round } from "../statistics.mjs";

const REFERENCE = "undici";
/** Logouts that are not counted: until the code is compiled. */
const WARM_UP = 2000;
const entrants = [
  { name: "bare" },
  { name: "bareAgain" },
  { name: "memory" },
  { name: "sqlite" },
  { name: "postgres" },
  { name: "redis" },
  { name: "foreign" },
  { name: "memory", key: "memoryPair", title: "ours, memoryVault, access + refresh token", pair: true },
  { name: "sqlite", key: "sqlitePair", title: "ours, sqliteVault, access + refresh token", pair: true },
  { name: "undici" },
  { name: "http" },
  { name: "fetch" },
  { name: "sdk" },
  { name: "passport" },
];

/** Those that are compared with a Notion that takes its time, too. */
const slow = ["bare", "memory", "sqlite", "postgres", "redis", "undici", "http", "fetch"];

/** What a logout costs: throughput, time to answer, CPU time of the app's process. */
export async function logout({ quick, report }) {
  const tables = [];
  for (const delay of [0, 20]) {
    report(`logout, Notion answering after ${delay} ms`);
    tables.push(await measure(delay, quick ? 3 : 5, quick ? 400 : 1200));
  }
  return tables;
}

async function measure(delay, rounds, count) {
  const notion = await startChild("fake-notion.mjs");
  const notionUrl = await notion.ask("url");
  const servers = await available(entrants.map(({ name }) => name));
  const present = entrants.filter(
    (entrant) => servers.includes(entrant.name) && (delay === 0 || slow.includes(keyOf(entrant))),
  );
  const results = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    const result = {};
    for (const entrant of rotate(present, turn)) {
      await notion.ask("behave", { delay });
      result[keyOf(entrant)] = await logOutAll(entrant, notionUrl, count, delay === 0 ? 16 : 48);
    }
    results.push(result);
  }
  await notion.end();
  const best = (key, figure) => round(median(results.map((result) => result[key][figure])), 2);
  return {
    title: `Logout, Notion answering ${delay === 0 ? "at once" : `after ${delay} ms`} (${rounds} rounds of ${count})`,
    rows: present.map((entrant) => {
      const key = keyOf(entrant);
      return {
        contestant: titleOf(entrant),
        "CPU µs": round(median(results.map((result) => result[key].cpu))),
        "CPU ×undici": round(medianRatio(results, key, REFERENCE, "cpu"), 2),
        "logouts/s": round(median(results.map((result) => result[key].perSecond))),
        "per s ×undici": round(medianRatio(results, key, REFERENCE, "perSecond"), 2),
        "p50 ms": best(key, "p50"),
        "p99 ms": best(key, "p99"),
      };
    }),
  };
}

const keyOf = ({ name, key = name }) => key;
const titleOf = ({ name, title = contestants[name].title }) => title;

/** In a new process each time: how fast one runs for its whole life differs by a tenth and more from one to the next. */
async function logOutAll({ name, pair = false }, notionUrl, count, concurrency) {
  const app = await startChild("app.mjs", {
    name,
    notionUrl,
    database: await newDatabaseOf(contestants[name].database),
  });
  const origin = await app.ask("origin");
  await measureLogouts({ app, origin, pair }, WARM_UP, concurrency);
  const result = await measureLogouts({ app, origin, pair }, count, concurrency);
  await app.end();
  return result;
}

async function measureLogouts({ app, origin, pair }, count, concurrency) {
  const { cookies } = await makeSessions(origin, count, { pair });
  const before = await app.ask("cpu");
  const { answers, elapsed } = await send({ origin, concurrency, requests: logouts(cookies) });
  const after = await app.ask("cpuNow");
  if (answers.some(({ status }) => status !== 200)) throw new Error("A logout failed.");
  const times = answers.map(({ ms }) => ms);
  return {
    cpu: (after - before) / count,
    perSecond: (count / elapsed) * 1000,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}
