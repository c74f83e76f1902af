import type { Connect, Connection, Server } from "./connection.js";
import { CONNECT_TIMEOUT, reconnectPause, SILENCE, watchProblem } from "./reconnecting.js";

/** What is used of a client of node-redis 5 and 6: of one server, or of a cluster. */
export interface NodeRedis {
  evalSha(sha: string, options: ScriptOptions): Promise<unknown>;
  eval(script: string, options: ScriptOptions): Promise<unknown>;
  info(section: string): Promise<unknown>;
  configGet(name: string): Promise<unknown>;
  on(event: "error" | "ready", listener: (error?: unknown) => void): unknown;
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): void;
  /** Of a cluster only. */
  readonly masters?: readonly object[];
  nodeClient?(node: object): NodeRedis | Promise<NodeRedis>;
}

interface ScriptOptions {
  readonly keys: string[];
  readonly arguments: string[];
}

type Commands = Pick<NodeRedis, "evalSha" | "eval" | "info" | "configGet" | "masters" | "nodeClient">;

export function nodeRedisConnection(client: Commands): Connection {
  return {
    client,
    evalSha: (sha, key, args) => client.evalSha(sha, { keys: [key], arguments: [...args] }),
    eval: (script, key, args) => client.eval(script, { keys: [key], arguments: [...args] }),
    async servers() {
      const { masters } = client;
      return masters === undefined ? [server(client)] : masters.map((node) => server(client.nodeClient!(node)));
    },
  };
}

function server(client: Commands | Promise<Commands>): Server {
  return {
    info: async (section) => (await client).info(section),
    config: async (name) => (await client).configGet(name),
  };
}

export function connectNodeRedis(given: unknown): Connect {
  const createClient = given as (options: object) => NodeRedis;
  return (url) => {
    const client = createClient({
      url,
      socket: { connectTimeout: CONNECT_TIMEOUT, socketTimeout: SILENCE, reconnectStrategy: reconnectPause },
      // An idle connection is not a silent one.
      pingInterval: SILENCE / 2,
      commandsQueueMaxLength: 10_000,
      // It would send what it keeps together with the password, whether that is right or not.
      disableOfflineQueue: true,
    });
    const connection = Object.assign(watchProblem(client), nodeRedisConnection(onceReady(client)), {
      close: () => client.destroy(),
    });
    client.connect().catch(() => {});
    return connection;
  };
}

/** The client, which is asked nothing before it stands. */
function onceReady(client: NodeRedis): Commands {
  const waiting = new Set<() => void>();
  client.on("ready", () => {
    for (const goOn of waiting) goOn();
    waiting.clear();
  });
  const after =
    <A extends unknown[]>(ask: (...args: A) => Promise<unknown>) =>
    async (...args: A) => {
      if (!client.isReady) await new Promise<void>((resolve) => waiting.add(resolve));
      return ask(...args);
    };
  return {
    evalSha: after((sha, options) => client.evalSha(sha, options)),
    eval: after((script, options) => client.eval(script, options)),
    info: after((section) => client.info(section)),
    configGet: after((name) => client.configGet(name)),
  };
}
