import type { Connect, Connection, Server } from "./connection.js";
import { CONNECT_TIMEOUT, reconnectPause, SILENCE, watchProblem } from "./reconnecting.js";

/** What is used of a client of ioredis 5 and 6, or of iovalkey: of one server, or of a cluster. */
export interface Ioredis {
  evalsha(sha: string, keys: number, ...args: string[]): Promise<unknown>;
  eval(script: string, keys: number, ...args: string[]): Promise<unknown>;
  call(...command: string[]): Promise<unknown>;
  on(event: "error" | "ready", listener: (error?: unknown) => void): unknown;
  disconnect(): void;
  /** Of a cluster only. */
  nodes?(role: "master"): Ioredis[];
}

export function ioredisConnection(client: Ioredis): Connection {
  return {
    client,
    evalSha: (sha, key, args) => client.evalsha(sha, 1, key, ...args),
    eval: (script, key, args) => client.eval(script, 1, key, ...args),
    async servers() {
      if (client.nodes === undefined) return [server(client)];
      // A cluster knows its masters once a command went through, also one that is not allowed.
      if (client.nodes("master").length === 0) await client.call("PING").catch(() => {});
      return client.nodes("master").map(server);
    },
  };
}

function server(client: Ioredis): Server {
  return {
    info: (section) => client.call("INFO", section),
    config: (name) => client.call("CONFIG", "GET", name),
  };
}

export function connectIoredis(given: unknown): Connect {
  const Redis = given as new (url: string, options: object) => Ioredis;
  return (url) => {
    const client = new Redis(url, {
      connectTimeout: CONNECT_TIMEOUT,
      socketTimeout: SILENCE,
      retryStrategy: reconnectPause,
      maxRetriesPerRequest: 5,
      // Whoever asked is told that the answer is lost, and may look.
      autoResendUnfulfilledCommands: false,
    });
    return Object.assign(watchProblem(client), ioredisConnection(client), { close: () => client.disconnect() });
  };
}
