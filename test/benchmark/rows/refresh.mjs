import { startChild } from "../processes/child.mjs";
import { request } from "undici";
import { newDatabase } from "../databases.mjs";
import { send } from "../load.mjs";

const PARALLEL = 200;

/** Many requests at once with an access token that has just died: how often is Notion asked for a new one, and who is served? */
export async function refresh({ report }) {
  report("200 parallel requests with a dead access token");
  const rows = [];
  for (const processes of [1, 4]) for (const name of ["ours", "naive"]) rows.push(await measure(name, processes));
  const notes = ["Notion kills all tokens of a connection when a refresh token is used twice."];
  return [{ title: `${PARALLEL} parallel requests with a dead access token`, rows, notes }];
}

/** One process keeps all in its memory; several share their sessions in one SQLite file and, ours, the vault in another. */
async function measure(name, processes) {
  const emulator = await startChild("emulator.mjs");
  const notionUrl = await emulator.ask("url");
  const shared = processes === 1 ? {} : { sessions: newDatabase(), database: newDatabase() };
  const apps = [];
  for (let index = 0; index < processes; index += 1)
    apps.push(await startChild("refresh-app.mjs", { name, notionUrl, ...shared }));
  const origins = await Promise.all(apps.map((app) => app.ask("origin")));

  const tokens = await emulator.ask("issue");
  const login = await request(`${origins[0]}/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(tokens),
  });
  await login.body.dump();
  const cookie = [login.headers["set-cookie"]].flat()[0].split(";")[0];
  await emulator.ask("expire", tokens.access_token);

  const share = PARALLEL / processes;
  const parts = await Promise.all(
    origins.map((origin) =>
      send({ origin, concurrency: share, requests: Array.from({ length: share }, () => ({ path: "/work", cookie })) }),
    ),
  );
  const answers = parts.flatMap((part) => part.answers);
  const refreshes = await emulator.ask("refreshes");
  // Afterwards, one by one: does the connection still work?
  const { answers: later } = await send({ origin: origins[0], concurrency: 1, requests: [{ path: "/work", cookie }] });
  for (const app of apps) await app.end();
  await emulator.end();
  return {
    contestant: name === "ours" ? `ours, ${processes === 1 ? "memoryVault" : "sqliteVault"}` : "hand-written",
    processes,
    "refresh calls": refreshes,
    served: `${answers.filter(({ status }) => status === 200).length} of ${PARALLEL}`,
    "works afterwards": later[0].status === 200 ? "yes" : "no",
  };
}
