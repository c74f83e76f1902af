import {
  type ConnectionOptions,
  createNodeRedisClient,
  createRedisBackend,
  isRedisInstance,
  type RedisClient,
} from "bullmq";
import { type Link, lockOptions } from "./link.js";
import type { RedisSettings } from "./options.js";

type RedisBackend = ReturnType<typeof createRedisBackend>;

interface Session {
  readonly backend: RedisBackend;
  readonly client: Promise<RedisClient>;
  /** The wait for a lost connection, shared by all who wait. */
  back: Promise<void> | undefined;
}

/** Connects at once; a lost connection is taken up again by the driver, a failed beginning by the next `ready`. */
export function redisLink(
  { connection, name, prefix, timeout }: RedisSettings,
  onFault: (error: unknown) => void,
): Link {
  const options = {
    connection: withDefaults(connection, timeout),
    ...(prefix === undefined ? {} : { prefix }),
    ...lockOptions(),
  };
  let session: Session | undefined = open();
  let closed = false;

  function open(): Session {
    const backend = createRedisBackend(name, options);
    backend.on("error", onFault);
    const opened: Session = { backend, client: begin(backend), back: undefined };
    // BullMQ gives up for good when the connection breaks while it looks at the server: begin anew next time.
    opened.client.catch((error: unknown) => {
      onFault(error);
      if (session === opened) session = undefined;
      backend.close(true).catch(onFault);
    });
    return opened;
  }

  async function ready(): Promise<RedisBackend> {
    if (session === undefined && !closed) session = open();
    if (session === undefined) throw new Error("The queue is closed.");
    const { backend } = session;
    const client = await session.client;
    while (!isLive(client)) {
      session.back ??= new Promise((resolve) => backend.once("ready", resolve));
      await session.back;
      session.back = undefined;
    }
    return backend;
  }

  return {
    ready,
    lockFor(ms) {
      options.lockDuration = ms;
    },
    async forget() {
      await (await ready()).trimEvents(0);
    },
    async close() {
      closed = true;
      const last = session;
      session = undefined;
      // Its commands are answered or given up: nothing is worth a wait for QUIT. Clients of the caller stay open.
      await last?.backend.close(true);
    },
  };
}

async function begin(backend: RedisBackend): Promise<RedisClient> {
  await backend.waitUntilReady();
  // Nobody reads the events, and they name jobs that are done.
  await backend.setQueueMeta({ "opts.maxLenEvents": 0 });
  return backend.client;
}

function isLive({ status, isCluster }: RedisClient): boolean {
  return status === "ready" || (status === "connect" && isCluster === true);
}

function withDefaults(connection: ConnectionOptions, timeout: number): ConnectionOptions {
  if (!isRedisInstance(connection)) {
    return {
      // BullMQ's default waits up to 20 s between two tries.
      retryStrategy: (tries: number) => Math.min(tries * 100, 2000),
      keepAlive: 10_000,
      // A connection that swallows commands is replaced.
      socketTimeout: Math.max(2 * timeout, 5000),
      ...connection,
    };
  }
  if ("defineCommand" in connection || !("sendCommand" in connection)) return connection;
  return wrapNodeRedis(connection);
}

const wrapped = new WeakMap<object, RedisClient>();

/**
 * BullMQ wraps node-redis clients itself, but anew for every connection and for ever; and a wrapper whose queue was
 * closed throws the client's next error event at the process.
 */
function wrapNodeRedis(client: object): RedisClient {
  const known = wrapped.get(client);
  if (known !== undefined) return known;
  const wrapper = createNodeRedisClient(client);
  wrapper.on("error", () => {});
  wrapped.set(client, wrapper);
  return wrapper;
}
