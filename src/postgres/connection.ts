import { inTime } from "./patience.js";
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
  let connection: Connection | undefined;
  let isOver = false;
  let isBroken = true;

  async function run(): Promise<T> {
    const opened = await connections.connect();
    if (isOver) {
      // Nobody waits for it any more: it goes back unused.
      opened.release();
      throw new Error("The connection came too late.");
    }
    connection = opened;
    // Whoever waits for an answer is told anyway.
    opened.on("error", ignore);
    return work((query) => opened.query({ ...query, types: asText }));
  }

  try {
    const result = await inTime(until, run());
    isBroken = false;
    return result;
  } finally {
    isOver = true;
    connection?.release(isBroken);
    connection?.removeListener("error", ignore);
  }
}

function ignore(): void {}
