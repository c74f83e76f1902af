import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type BullmqQueueOptions, bullmqQueue } from "../../../src/bullmq/index.js";
import type { QueueProblem, RevocationQueue } from "../../../src/revocation/queue.js";
import { describeWithService, startPostgres, startRedis } from "../../support/services.js";

export interface TestBackend {
  /** A queue of this name; closed after the test. What it reports is pushed to `problems`. */
  open(name: string, options?: Partial<BullmqQueueOptions>): RevocationQueue;
  readonly problems: QueueProblem[];
  /** Everything the server keeps, as text. */
  dump(): Promise<string>;
  /** Adds a job that is not one of ours. */
  addForeign(queue: string, id: string, data: unknown): Promise<void>;
}

type Kind = "a Redis URL" | "an ioredis client" | "a node-redis client" | "a PostgreSQL URL" | "a pg pool";

/** Runs the suite on each way to connect, against real servers. */
export function describeBackends(title: string, suite: (backend: TestBackend) => void): void {
  for (const kind of ["a Redis URL", "an ioredis client", "a node-redis client"] as const) {
    describeWithService("redis", `${title}, with ${kind}`, () => suite(setup(kind, redis)));
  }
  for (const kind of ["a PostgreSQL URL", "a pg pool"] as const) {
    describeWithService("postgres", `${title}, with ${kind}`, () => suite(setup(kind, postgres)));
  }
}

interface Server {
  readonly connection: BullmqQueueOptions["connection"];
  readonly options: Partial<BullmqQueueOptions>;
  dump(): Promise<string>;
  addForeign(queue: string, id: string, data: unknown): Promise<void>;
  close(): Promise<void>;
}

function setup(kind: Kind, start: (kind: Kind) => Promise<Server>): TestBackend {
  let server: Server;
  const queues: RevocationQueue[] = [];
  const problems: QueueProblem[] = [];
  beforeAll(async () => {
    server = await start(kind);
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close()));
  });
  afterAll(() => server.close());
  return {
    problems,
    open(name, options) {
      const queue = bullmqQueue({ connection: server.connection, name, ...server.options, ...options });
      queue.onProblem?.((problem) => problems.push(problem));
      queues.push(queue);
      return queue;
    },
    dump: () => server.dump(),
    addForeign: (queue, id, data) => server.addForeign(queue, id, data),
  };
}

async function redis(kind: Kind): Promise<Server> {
  const server = await startRedis();
  const client = new Redis(server.port);
  const nodeRedis = createClient({ url: server.url });
  if (kind === "a node-redis client") await nodeRedis.connect();
  const { Queue } = await import("bullmq");
  return {
    connection: kind === "a Redis URL" ? server.url : kind === "an ioredis client" ? client : nodeRedis,
    options: {},
    async dump() {
      const lines: string[] = [];
      for (const key of await client.keys("*")) {
        const type = await client.type(key);
        const value =
          type === "hash"
            ? await client.hgetall(key)
            : type === "list"
              ? await client.lrange(key, 0, -1)
              : type === "zset"
                ? await client.zrange(key, "0", "-1")
                : type === "set"
                  ? await client.smembers(key)
                  : type === "stream"
                    ? await client.xrange(key, "-", "+")
                    : await client.get(key);
        lines.push(`${key} ${JSON.stringify(value)}`);
      }
      return lines.join("\n");
    },
    async addForeign(name, jobId, data) {
      const queue = new Queue(name, { connection: client, skipMetasUpdate: true });
      await queue.add("else", data, { jobId });
      await queue.close();
    },
    async close() {
      client.disconnect();
      if (nodeRedis.isOpen) nodeRedis.destroy();
      await server.close();
    },
  };
}

async function postgres(kind: Kind): Promise<Server> {
  const server = await startPostgres();
  const pool = new pg.Pool({ connectionString: server.url, options: "-c search_path=bullmq" });
  pool.on("error", () => {});
  // BullMQ never takes its listener off a pool that is not its own, and here every test opens a queue.
  pool.setMaxListeners(0);
  const { createPostgresBackend, Queue } = await import("bullmq");
  return {
    connection: kind === "a PostgreSQL URL" ? server.url : pool,
    options: { migrate: true },
    async dump() {
      const { rows: tables } = await pool.query<{ name: string }>(
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'bullmq'",
      );
      const lines: string[] = [];
      for (const { name } of tables) {
        const { rows } = await pool.query<object>(`SELECT * FROM ${name}`);
        for (const row of rows) lines.push(`${name} ${JSON.stringify(row)}`);
      }
      return lines.join("\n");
    },
    async addForeign(name, jobId, data) {
      const queue = new Queue(
        name,
        { connection: pool as never, skipMetasUpdate: true },
        createPostgresBackend as never,
      );
      await queue.add("else", data, { jobId });
      await queue.close();
    },
    async close() {
      await pool.end();
      await server.close();
    },
  };
}
