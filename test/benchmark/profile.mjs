// npm run bench:profile -- logout memory [count]: where the CPU time of one contestant goes.
// Operations: guarded, logout, login, refresh (ours only). Contestants: as in contestants/index.mjs.
import { contestants } from "./contestants/index.mjs";
import { newDatabaseOf } from "./databases.mjs";
import { send } from "./load.mjs";
import { startChild } from "./processes/child.mjs";
import { callbacks, logouts, makeSessions } from "./sessions.mjs";
import { print } from "./table.mjs";

const CONCURRENCY = 16;
const [operation = "logout", name = "memory", times = "3000"] = process.argv.slice(2);
const count = Number(times);

const operations = {
  async guarded(origin) {
    const { cookies } = await makeSessions(origin, 50);
    const requests = Array.from({ length: count }, (_, index) => ({ path: "/guarded", cookie: cookies[index % 50] }));
    return () => send({ origin, concurrency: CONCURRENCY, requests });
  },
  async logout(origin) {
    const { cookies } = await makeSessions(origin, count);
    return () => send({ origin, concurrency: CONCURRENCY, requests: logouts(cookies) });
  },
  async refresh(origin) {
    const { cookies } = await makeSessions(origin, count, { pair: true });
    const requests = cookies.map((cookie) => ({ path: "/refresh", method: "POST", cookie }));
    return () => send({ origin, concurrency: CONCURRENCY, requests });
  },
  async login(origin) {
    return async () => {
      const begin = Array.from({ length: count }, () => ({ path: "/login" }));
      const { answers } = await send({ origin, concurrency: CONCURRENCY, requests: begin });
      return send({ origin, concurrency: CONCURRENCY, requests: callbacks(answers) });
    };
  },
};
if (!Object.hasOwn(operations, operation) || !Object.hasOwn(contestants, name)) {
  console.error(`Choose an operation (${Object.keys(operations)}) and a contestant (${Object.keys(contestants)}).`);
  process.exit(2);
}

const notion = await startChild("fake-notion.mjs");
const notionUrl = await notion.ask("url");
const app = await startChild("app.mjs", { name, notionUrl, database: await newDatabaseOf(contestants[name].database) });
const origin = await app.ask("origin");
for (let warmUp = 0; warmUp < 2; warmUp += 1) await (await operations[operation](origin))();
const run = await operations[operation](origin);
await app.ask("startProfile");
await run();
const functions = (await app.ask("endProfile")).filter(
  ({ name: called }) => called !== "(idle)" && called !== "(program)",
);
await app.end();
await notion.end();

const total = functions.reduce((sum, { self }) => sum + self, 0);
const rows = (groups) =>
  [...groups]
    .sort(([, one], [, other]) => other - one)
    .slice(0, 40)
    .map(([what, self]) => ({ what, "µs each": (self / count).toFixed(1), "%": ((self / total) * 100).toFixed(1) }));
const grouped = (keyOf) => {
  const groups = new Map();
  for (const one of functions) groups.set(keyOf(one), (groups.get(keyOf(one)) ?? 0) + one.self);
  return groups;
};
print({
  title: `${operation} of ${contestants[name].title}: ${(total / count).toFixed(0)} µs, by package`,
  rows: rows(grouped(packageOf)),
});
print({
  title: "By function",
  rows: rows(grouped(({ name: called, file, line }) => `${called || "(anonymous)"} ${shortOf(file)}:${line}`)),
});
process.exit(0);

function packageOf({ name: called, file }) {
  if (file === "") return called === "(garbage collector)" ? "garbage collection" : "engine";
  if (file.startsWith("node:")) return file.split("/").slice(0, 2).join("/");
  return (
    /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ??
    (file.includes("/dist/") ? "express-notion-oauth" : "benchmark")
  );
}

function shortOf(file) {
  return file.replace(/^.*\/(node_modules|dist)\//, "");
}
