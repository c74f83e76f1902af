import { inTime } from "./patience.js";
import type { Connections, Query, Result } from "./pool.js";

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
  // One that comes when nobody waits for it any more goes back unused.
  const connection = await inTime(until, connections.connect(), (late) => late.release());
  // Whoever waits for an answer is told anyway.
  connection.on("error", ignore);
  let isBroken = true;
  try {
    const result = await work((query) => inTime(until, connection.query({ ...query, types: asText })));
    isBroken = false;
    return result;
  } finally {
    connection.release(isBroken);
    connection.removeListener("error", ignore);
  }
}

function ignore(): void {}
