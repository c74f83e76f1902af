import { within } from "./patience.js";
import type { Connection, Connections, Query, Result } from "./pool.js";

/** All that we select is text. The app may have changed how types are read. */
const asText = { getTypeParser: () => String };

/** Sends one statement, or several without values, and waits for the answer. */
export type Send = (query: Query) => Promise<Result>;

/**
 * Does the work on one connection. One that failed, or did not answer in time, is closed and not used again: what comes out of it
 * later belongs to nobody, and after a failover it may lead to a server that is read-only for good.
 */
export async function onConnection<T>(
  connections: Connections,
  until: number,
  work: (send: Send) => Promise<T>,
): Promise<T> {
  const connection = await connected(connections, until);
  // Whoever waits for an answer is told anyway.
  connection.on("error", ignore);
  let isBroken = true;
  try {
    const result = await work((query) => within(until, connection.query({ ...query, types: asText })));
    isBroken = false;
    return result;
  } finally {
    connection.release(isBroken);
    connection.removeListener("error", ignore);
  }
}

/** A connection that comes when nobody waits for it any more goes back unused. */
async function connected(connections: Connections, until: number): Promise<Connection> {
  const connecting = connections.connect();
  try {
    return await within(until, connecting);
  } catch (error) {
    connecting.then((late) => late.release()).catch(ignore);
    throw error;
  }
}

function ignore(): void {}
