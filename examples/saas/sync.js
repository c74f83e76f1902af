// @ts-check
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionError } from "express-notion-oauth";
import { readTitles } from "./read-titles.js";

/** @typedef {import("express-notion-oauth").StoredConnection} StoredConnection */

const AT_ONCE = 5;
/** How long one connection may take, in ms. */
const PATIENCE = 10_000;

/**
 * One round through the connections of all users.
 * @param {object} parts
 * @param {import("express-notion-oauth").NotionOAuth} parts.notion
 * @param {import("./synced.js").AllSynced} parts.synced
 * @param {AbortSignal} parts.stop
 */
export async function syncAll({ notion, synced, stop }) {
  // What jobs may use: no dead connection is among them, and none that its user allows only while being there.
  const connections = notion.connections.each();
  const lane = async () => {
    for await (const connection of connections) {
      if (stop.aborted) return;
      await syncOne(connection, synced);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/**
 * Never throws: the others are not to suffer.
 * @param {StoredConnection} connection
 * @param {import("./synced.js").AllSynced} synced
 */
async function syncOne(connection, synced) {
  const {
    user,
    connection: { botId },
  } = connection;
  if (user === undefined || !synced.isDue(user, botId)) return;
  try {
    synced.save(user, botId, await atMost(PATIENCE, readTitles(await connection.client())));
  } catch (error) {
    // Disconnected, kept from jobs, or dead since it was listed. Of the last one, `connection.ended` tells.
    if (error instanceof ConnectionError && error.code !== "refresh_failed") return;
    console.error(`A workspace could not be read: ${codeOf(error)}`);
    synced.fail(user, botId);
  }
}

/**
 * Forgets what was found through connections that their users have given up since.
 * @param {Pick<Parameters<typeof syncAll>[0], "notion" | "synced">} parts
 */
export async function forgetGivenUp({ notion, synced }) {
  for (const { account, bot } of synced.all()) {
    const [connection] = await notion.connections.find({ user: account, botId: bot, unattended: "any" });
    if (connection === undefined) synced.forget(account, bot);
  }
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} work
 */
function atMost(ms, work) {
  const late = sleep(ms, undefined, { ref: false }).then(() => {
    throw Object.assign(new Error("It took too long."), { code: "too_slow" });
  });
  return Promise.race([work, late]);
}

/** Never a whole error: the ones of HTTP clients may hold the request, token included. @param {unknown} error */
export function codeOf(error) {
  const { code, name } = /** @type {{ code?: unknown, name?: unknown }} */ (error ?? {});
  return String(code ?? name ?? typeof error);
}
