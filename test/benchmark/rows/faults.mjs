import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "../processes/child.mjs";
import { contestants } from "../contestants/index.mjs";
import { newDatabaseOf } from "../databases.mjs";
import { send } from "../load.mjs";
import { logouts, makeSessions } from "../sessions.mjs";
import { quantile, round } from "../statistics.mjs";

const entrants = ["memory", "sqlite", "undici", "http", "fetch", "sdk", "passport"];
/** The default of `logoutTimeout`, and what may come on top, in ms. */
const LOGOUT_TIMEOUT = 3000;
const TOLERANCE = 200;
/** How long a browser's user waits, in ms. */
const PATIENCE = 5000;

/** What is left when Notion hangs, and when it fails half of the time. */
export async function faults({ quick, report }) {
  const count = quick ? 40 : 200;
  report("Notion hangs");
  const hanging = [];
  for (const name of entrants) hanging.push(await withApp(name, (parts) => hang(parts, quick ? 20 : 50)));
  report("Notion answers 503 to half of the revocations");
  const failing = [];
  for (const name of entrants) failing.push(await withApp(name, (parts) => failHalf(parts, count)));
  return [
    {
      title: `Notion hangs: logouts answered within ${LOGOUT_TIMEOUT} + ${TOLERANCE} ms`,
      rows: hanging,
      notes: [`The client gives up after ${PATIENCE} ms.`],
    },
    {
      title: `Notion answers 503 to every second revocation: tokens alive after ${count} logouts, once nothing moves any more`,
      rows: failing,
    },
  ];
}

async function withApp(name, measure) {
  const notion = await startChild("fake-notion.mjs");
  const app = await startChild("app.mjs", {
    name,
    notionUrl: await notion.ask("url"),
    database: await newDatabaseOf(contestants[name].database),
  });
  try {
    return {
      contestant: contestants[name].title,
      ...(await measure({ notion, app, origin: await app.ask("origin") })),
    };
  } finally {
    await app.end();
    await notion.end();
  }
}

async function hang({ notion, origin }, count) {
  const { cookies } = await makeSessions(origin, count);
  await notion.ask("behave", { hang: true });
  const { answers } = await send({ origin, concurrency: count, requests: logouts(cookies), timeout: PATIENCE });
  const inTime = answers.filter(({ status, ms }) => status === 200 && ms <= LOGOUT_TIMEOUT + TOLERANCE);
  const answered = answers.filter(({ status }) => status !== 0).map(({ ms }) => ms);
  return {
    "in time": `${round((inTime.length / count) * 100)} %`,
    "slowest answer ms": answered.length === 0 ? "none" : round(quantile(answered, 1)),
  };
}

async function failHalf({ notion, app, origin }, count) {
  const { cookies, tokens } = await makeSessions(origin, count);
  await notion.ask("behave", { unavailable: 0.5 });
  const started = performance.now();
  const { answers } = await send({ origin, concurrency: 16, requests: logouts(cookies), timeout: PATIENCE });
  const lateAt = performance.now() - started;
  let alive = count - (await notion.ask("countDead", tokens));
  const atOnce = alive;
  let settled = lateAt;
  // Nobody else tries again, so only a contestant with something pending is waited for.
  while (alive > 0 && (await app.ask("pending")) > 0 && performance.now() - started < 120_000) {
    await sleep(250);
    alive = count - (await notion.ask("countDead", tokens));
    settled = performance.now() - started;
  }
  return {
    "logouts answered": answers.filter(({ status }) => status === 200).length,
    "alive at the answer": `${round((atOnce / count) * 100)} %`,
    "alive for good": `${round((alive / count) * 100)} %`,
    "settled after s": round(settled / 1000, 1),
  };
}
