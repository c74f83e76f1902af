// @ts-check

/**
 * All that a user has connected, the oldest first: what the worker reads, what it may not read, and what has to be connected again.
 * @param {import("express-notion-oauth").NotionOAuth} notion
 * @param {string} user
 */
export async function connectionsOf(notion, user) {
  const found = await notion.connections.find({ user, unattended: "any" });
  return found.sort((one, other) => one.connection.connectedAt - other.connection.connectedAt);
}
