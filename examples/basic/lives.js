// @ts-check
// From what happened to what a token has lived through.

/**
 * @typedef {object} Life of the tokens of one connection
 * @property {string} token label of its access token
 * @property {number} issuedAt
 * @property {number} [endedAt] when its session let go of it
 * @property {import("express-notion-oauth").EndReason} [reason]
 * @property {number} [queuedAt] since when it waits to be revoked
 * @property {number} [deadAt] when Notion confirmed that it is dead
 * @property {number} [failedAt] when that was given up
 * @property {{ stoppedAt: number | undefined, startedAt: number | undefined, pid: number | undefined }[]} restarts of the server while it waited
 */

/**
 * @param {readonly import("./journal.js").JournalEntry[]} entries
 * @returns {Life[]} the newest first
 */
export function livesOf(entries) {
  /** @type {Map<string, Life>} by connection */
  const lives = new Map();
  for (const entry of entries) tell(lives, entry);
  return [...lives.values()].reverse();
}

/** @param {Life} life */
export function isWaiting({ queuedAt, deadAt, failedAt }) {
  return queuedAt !== undefined && deadAt === undefined && failedAt === undefined;
}

/**
 * @param {Map<string, Life>} lives
 * @param {import("./journal.js").JournalEntry} entry
 */
function tell(lives, entry) {
  const { at } = entry;
  const withToken = (/** @type {string} */ token) => [...lives.values()].find((life) => life.token === token);
  switch (entry.type) {
    case "issued":
      lives.set(entry.connection, { token: entry.token, issuedAt: at, restarts: [] });
      break;
    case "refreshed":
      Object.assign(lives.get(entry.connection) ?? {}, { token: entry.token });
      break;
    case "ended":
      Object.assign(lives.get(entry.connection) ?? {}, { endedAt: at, reason: entry.reason });
      break;
    case "queued":
      Object.assign(withToken(entry.token) ?? {}, { queuedAt: at });
      break;
    case "revoked":
      Object.assign(withToken(entry.token) ?? {}, { deadAt: at });
      break;
    case "failed":
      Object.assign(withToken(entry.token) ?? {}, { failedAt: at });
      break;
    case "server":
      for (const life of lives.values()) if (isWaiting(life)) restart(life, entry);
      break;
  }
}

/**
 * A server that was killed has not written when it stopped.
 * @param {Life} life
 * @param {{ at: number, isUp: boolean, pid: number }} server
 */
function restart({ restarts }, { at, isUp, pid }) {
  const last = restarts.at(-1);
  if (!isUp) restarts.push({ stoppedAt: at, startedAt: undefined, pid: undefined });
  else if (last && last.startedAt === undefined) Object.assign(last, { startedAt: at, pid });
  else restarts.push({ stoppedAt: undefined, startedAt: at, pid });
}
