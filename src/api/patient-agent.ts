import type { Agent } from "node:http";
import type { Duplex } from "node:stream";
import { afterReading } from "../support/time-limit.js";

/** For how long a connection goes on whose answer cannot be parsed, in ms. */
const PATIENCE = 1000;

/**
 * Node hangs up on an answer as soon as it cannot parse it, and what is still on its way is lost, tokens included. Connections of this agent go on for
 * a moment, for {@link restOf} to read.
 */
export function patient<A extends Agent>(agent: A): A {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (...given) => {
    const socket = create(...given);
    if (socket) outlast(socket);
    return socket;
  };
  return agent;
}

function outlast(socket: Duplex & { connecting?: boolean; bytesRead?: number }): void {
  const destroy = socket.destroy.bind(socket);
  let isGivenUp = false;
  socket.destroy = (error) => {
    // Before it hangs up, Node stops listening.
    if (isGivenUp || error !== undefined || socket.connecting || socket.listenerCount("data") > 0)
      return destroy(error);
    isGivenUp = true;
    const stop = afterReading(
      PATIENCE,
      () => void destroy(),
      () => socket.bytesRead ?? 0,
    );
    socket.once("close", stop);
    return socket;
  };
}

/** What still comes on a connection that Node has given up. Never rejects. @param isEnough ends it early */
export function restOf(socket: Duplex | null, isEnough: (bytes: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    if (socket === null || socket.destroyed) return resolve(bytes);
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (isEnough(bytes)) socket.destroy();
    });
    socket.once("end", () => socket.destroy());
    socket.once("close", () => resolve(bytes));
  });
}
