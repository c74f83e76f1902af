import { startChild } from "../processes/child.mjs";
import { available, newDatabaseOf } from "../databases.mjs";
import { buildInternals } from "../internals.mjs";
import { round } from "../statistics.mjs";

const vaults = ["memory", "sqlite", "postgres", "redis"];

/**
 * What it costs to have very many connections: each vault with 100,000 that are held and 10,000 that wait; and what is left of a
 * logout, until it is erased.
 */
export async function scale({ quick, report }) {
  const held = quick ? 10_000 : 100_000;
  const waiting = held / 10;
  const calls = [];
  const remains = [];
  const internals = await buildInternals();
  for (const vault of await available(vaults)) {
    const start = (database, more) => startChild("scale-app.mjs", { vault, database, internals, ...more });
    report(`${held} held and ${waiting} waiting on ${vault}`);
    calls.push({ vault, ...(await one({ vault, start, held, waiting, samples: quick ? 50 : 200 })) });
    report(`marks and tombstones on ${vault}`);
    remains.push({ vault, ...(await remain({ vault, start, count: waiting })) });
  }
  return [
    { title: `${held} connections held and ${waiting} waiting to be revoked: ms for one call, medians`, rows: calls },
    { title: "What is left of a logout: its size, and how many a worker erases a second", rows: remains },
  ];
}

async function one({ vault, start, held, waiting, samples }) {
  const database = await newDatabaseOf(vault);
  const app = await start(database);
  const before = await app.ask("size");
  const since = performance.now();
  await app.ask("fill", { held, waiting });
  const inserts = (held + waiting) / ((performance.now() - since) / 1000);
  const after = await app.ask("size");
  const times = Object.entries(await app.ask("measure", { samples })).map(([name, ms]) => [name, round(ms, 2)]);
  await app.end();
  const row = {
    ...Object.fromEntries(times),
    "inserts/s, 50 at once": Math.round(inserts),
    "KB an entry": round((after.entries - before.entries) / (held + waiting) / 1000, 2),
    "process, MB": round(after.process / 1e6),
  };
  if (vault === "memory") return { ...row, "open ms": "" };
  // A new process opens what is there.
  const again = await start(database);
  const opened = await again.ask("open");
  await again.end();
  return { ...row, "open ms": round(opened, 1) };
}

async function remain({ vault, start, count }) {
  const result = {};
  for (const [kind, state, name] of [
    ["marks", "mark", "a mark"],
    ["tombstones", "ended", "a tombstone"],
  ]) {
    const app = await start(await newDatabaseOf(vault));
    const before = await app.ask("size");
    await app.ask("fill", { [kind]: count, dueIn: 0 });
    const after = await app.ask("size");
    result[`${name}, bytes`] = Math.round((after.entries - before.entries) / count);
    const since = performance.now();
    await app.ask("work");
    await app.ask("drained", state);
    result[`${kind} erased a second`] = Math.round(count / ((performance.now() - since) / 1000));
    await app.end();
  }
  return result;
}
