import { Agent, request } from "undici";
import { startChild } from "../processes/child.mjs";
import { contestants } from "../contestants/index.mjs";
import { available, newDatabaseOf } from "../databases.mjs";
import { send } from "../load.mjs";
import { logouts, makeSessions } from "../sessions.mjs";
import { round } from "../statistics.mjs";

/** Operations a second, half of them logins and half logouts. */
const RATE = 200;
/** As many browsers as wait at the same time; on a machine that is too slow for the rate, the others wait for them. */
const dispatcher = new Agent({ connections: 64 });

/** For how long the event loop is held while people log in and out at a steady rate: SQLite waits for the disk in it. */
export async function eventLoop({ quick, report }) {
  report(`event loop, ${RATE} logins and logouts a second`);
  const seconds = quick ? 10 : 30;
  const rows = [];
  for (const name of await available(["bare", "memory", "sqlite", "postgres", "redis"]))
    rows.push({ contestant: contestants[name].title, ...(await measure(name, seconds)) });
  return [
    { title: `For how long the event loop was held, ms: ${RATE} logins and logouts a second for ${seconds} s`, rows },
  ];
}

async function measure(name, seconds) {
  const notion = await startChild("fake-notion.mjs");
  const database = await newDatabaseOf(contestants[name].database);
  const app = await startChild("app.mjs", { name, notionUrl: await notion.ask("url"), database });
  const origin = await app.ask("origin");
  const warm = await makeSessions(origin, 1500);
  await send({ origin, concurrency: 16, requests: logouts(warm.cookies) });
  const { cookies } = await makeSessions(origin, (seconds * RATE) / 2);
  await app.ask("watchLoop");
  const running = [];
  const since = performance.now();
  for (let index = 0; index < cookies.length; index += 1) {
    const wait = since + (index * 2000) / RATE - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    running.push(logOut(origin, cookies[index]), logIn(origin, index));
  }
  const statuses = await Promise.all(running);
  const held = await app.ask("loopHeld");
  await app.end();
  await notion.end();
  if (statuses.some((status) => status >= 400)) throw new Error("A login or logout failed.");
  return Object.fromEntries(Object.entries(held).map(([name, ms]) => [name, round(ms, 1)]));
}

async function logOut(origin, cookie) {
  const answer = await request(`${origin}/logout`, {
    method: "POST",
    dispatcher,
    headers: { accept: "application/json", cookie },
  });
  await answer.body.dump();
  return answer.statusCode;
}

async function logIn(origin, index) {
  const started = await request(`${origin}/login`, { dispatcher });
  await started.body.dump();
  const cookie = [started.headers["set-cookie"] ?? []]
    .flat()
    .map((line) => line.split(";")[0])
    .join("; ");
  const state = new URL(started.headers.location).searchParams.get("state");
  const query = new URLSearchParams({ code: `code-${index}`, state });
  const finished = await request(`${origin}/auth/notion/callback?${query}`, { dispatcher, headers: { cookie } });
  await finished.body.dump();
  return finished.statusCode;
}
