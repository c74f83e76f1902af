import { delay, eventually } from "../../support/app.js";
import { type Answer, Client } from "../../support/client.js";
import type { KillableApp } from "./killable-app.js";
import type { Lab } from "./lab.js";

export const json = { accept: "application/json" };
/** The vault or Notion does not answer; the login or the connection was ended meanwhile. */
export const REFUSED: readonly number[] = [401, 409, 502, 503, 504];

/**
 * Other browsers log in and out at a process, one after the other.
 * @returns stops it when one of them has done all of it from then on, and tells what was answered wrongly. A busy machine may refuse.
 */
export function serve(lab: Lab, app: KillableApp): () => Promise<string[]> {
  let isOver = false;
  const broken: string[] = [];
  const isOk = ({ status, body }: Answer, ok: number) => {
    if (status !== ok && !REFUSED.includes(status)) broken.push(`${status} ${body} instead of ${ok} for somebody else`);
    return status === ok;
  };
  const round = async () => {
    const client = new Client(app.origin);
    if (!isOk(await lab.logIn(client, app), 303)) return false;
    const isRefreshed = isOk(await client.get("/refresh", json), 200);
    return isOk(await client.post("/logout", json), 200) && isRefreshed;
  };
  const running = (async () => {
    for (let isLast = false; !isLast; await delay(100)) {
      const isAfter = isOver;
      isLast = (await round()) && isAfter;
    }
  })();
  return async () => {
    isOver = true;
    await running.catch((error: unknown) => broken.push(String(error)));
    return broken;
  };
}

/** Waits until the process reaches its database again. */
export async function answering(lab: Lab, app: KillableApp): Promise<void> {
  await eventually(async () => {
    const client = new Client(app.origin);
    const answer = await lab.logIn(client, app);
    if (answer.status !== 303) return false;
    return (await client.post("/logout", json)).status === 200;
  }, "a process that works again");
}

/** Whether a process lets the browser use a connection. A busy machine may take it for away at first. */
export async function isConnected(app: KillableApp, client: Client): Promise<boolean> {
  let answer: Answer | undefined;
  await eventually(async () => {
    answer = await client.copy().get(`${app.origin}/state`, json);
    return answer.status !== 503;
  }, "an answer");
  return answer?.json().connected !== false;
}

/** Waits for the end of all that has to end. @param lost what nobody can end any more @returns what is still wrong then */
export async function unrest(lab: Lab, lost: ReadonlySet<string> = new Set()): Promise<string[]> {
  let verdict = await lab.judge();
  const { forgotten } = verdict;
  const isAtRest = async () => {
    await lab.makeDue("arriving", "ending");
    verdict = await lab.judge();
    return verdict.unfinished === 0 && verdict.orphans.every((one) => lost.has(one));
  };
  await eventually(isAtRest, "rest", 30_000).catch(() => {});
  const { orphans, taken, unfinished } = verdict;
  return [
    ...orphans.filter((one) => !lost.has(one)).map((what) => `orphan ${what}`),
    ...taken.map((what) => `taken ${what}`),
    ...forgotten.map((what) => `never due ${what}`),
    ...(unfinished > 0 ? [`${unfinished} entries do not end`] : []),
  ];
}
