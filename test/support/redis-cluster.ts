import { setTimeout as sleep } from "node:timers/promises";
import { requireBinary } from "./binaries.js";
import { type RedisServer, startRedis } from "./redis-server.js";
import { freePort } from "./server-process.js";
import { runOk } from "./run.js";

export interface RedisCluster {
  readonly masters: readonly RedisServer[];
  /** One for each master, in their order; none without `replicas`. */
  readonly replicas: readonly RedisServer[];
  /** redis-cli against one of the servers. @returns what it prints */
  ask(server: RedisServer, ...command: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts a real cluster of three masters on loopback, with their replicas on request, and waits until all of them agree. */
export async function startRedisCluster(options: { replicas?: boolean } = {}): Promise<RedisCluster> {
  const count = options.replicas === true ? 6 : 3;
  const servers: RedisServer[] = [];
  const close = async () => void (await Promise.all(servers.map((server) => server.close())));
  try {
    for (let index = 0; index < count; index += 1) servers.push(await startNode());
    // biome-ignore format: one setting per line
    await runOk(requireBinary("redis-cli"), [
      "--cluster", "create", ...servers.map(({ host, port }) => `${host}:${port}`),
      "--cluster-replicas", String(count / 3 - 1),
      "--cluster-yes",
    ], "/");
    const replicas = new Map<string, RedisServer>();
    const masters: RedisServer[] = [];
    for (const server of servers) {
      const masterPort = await agreed(server, count);
      if (masterPort === undefined) masters.push(server);
      else replicas.set(masterPort, server);
    }
    return { masters, replicas: masters.flatMap(({ port }) => replicas.get(String(port)) ?? []), ask, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its bus is on a port of its own: the usual one, 10000 further, may be beyond the last port. */
async function startNode(): Promise<RedisServer> {
  const busPort = await freePort();
  return startRedis({
    appendonly: true,
    // biome-ignore format: one setting per line
    args: [
      "--cluster-enabled", "yes",
      "--cluster-port", String(busPort),
      // A server that a test pauses is not replaced meanwhile, and the others go on.
      "--cluster-node-timeout", "30000",
      "--cluster-require-full-coverage", "no",
    ],
  });
}

/** Waits until a server knows all slots, and a replica is in step with its master. @returns the port of its master, if it has one */
async function agreed(server: RedisServer, count: number): Promise<string | undefined> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const cluster = await ask(server, "CLUSTER", "INFO");
    const isWhole = cluster.includes("cluster_state:ok") && cluster.includes(`cluster_known_nodes:${count}`);
    const replication = await ask(server, "INFO", "replication");
    const isInStep = replication.includes("role:master") || replication.includes("master_link_status:up");
    if (isWhole && isInStep) return /master_port:(\d+)/.exec(replication)?.[1];
    if (Date.now() > giveUpAt) throw new Error(`The cluster did not come together:\n${cluster}${replication}`);
    await sleep(50);
  }
}

function ask({ port }: RedisServer, ...command: string[]): Promise<string> {
  return runOk(requireBinary("redis-cli"), ["-p", String(port), ...command], "/");
}
