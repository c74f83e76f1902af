import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { startChild } from "../processes/child.mjs";
import { available, newDatabaseOf, newPath } from "../databases.mjs";
import { round } from "../statistics.mjs";

const vaults = ["memory", "sqlite", "postgres", "redis"];

/** What it costs to have very many connections: each vault with 100,000 that are held and 10,000 that wait. */
export async function scale({ quick, report }) {
  const held = quick ? 10_000 : 100_000;
  const waiting = quick ? 1000 : 10_000;
  const rows = [];
  const drains = [];
  const internals = await buildInternals();
  for (const vault of await available(vaults)) {
    report(`${held} held and ${waiting} waiting on ${vault}`);
    const database = await newDatabaseOf(vault);
    const app = await startChild("scale-app.mjs", { vault, database, internals });
    await app.ask("fill", { held, waiting });
    const found = await app.ask("measure", { samples: quick ? 50 : 200 });
    rows.push({ vault, ...Object.fromEntries(Object.entries(found).map(([name, value]) => [name, round(value, 2)])) });
    await app.end();
    if (vault === "memory") continue;
    // A new process opens what is there.
    const again = await startChild("scale-app.mjs", { vault, database, internals });
    rows.at(-1)["open ms"] = round(await again.ask("open"), 1);
    await again.end();
    drains.push({ vault, ...(await drain({ vault, internals, report, waiting: quick ? 1000 : 5000 })) });
  }
  return [
    { title: `${held} connections held and ${waiting} waiting to be revoked: ms for one call, medians`, rows },
    { title: "Entries revoked a second, by processes that only work; Notion answers after 50 ms", rows: drains },
  ];
}

async function drain({ vault, internals, report, waiting }) {
  const result = {};
  for (const workers of [1, 2, 4]) {
    report(`${workers} workers on ${vault}`);
    const database = await newDatabaseOf(vault);
    const notion = await startChild("fake-notion.mjs");
    await notion.ask("behave", { delay: 50 });
    const notionUrl = await notion.ask("url");
    const apps = [];
    for (let index = 0; index < workers; index += 1)
      apps.push(await startChild("scale-app.mjs", { vault, database, internals, notionUrl }));
    await apps[0].ask("fill", { held: 0, waiting });
    const since = performance.now();
    await Promise.all(apps.map((app) => app.ask("work")));
    await apps[0].ask("drained");
    result[`${workers} workers`] = round(waiting / ((performance.now() - since) / 1000));
    for (const app of apps) await app.end();
    await notion.end();
  }
  return result;
}

/** What seals tokens is not exported, and entries that a worker revokes have to be real ones. @returns the path of a module */
async function buildInternals() {
  const file = `${newPath("internals")}.mjs`;
  await build({
    input: fileURLToPath(new URL("../processes/internals.mjs", import.meta.url)),
    platform: "node",
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    output: { file },
    logLevel: "silent",
  });
  return file;
}
