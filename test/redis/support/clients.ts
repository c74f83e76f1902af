import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { createClient } from "redis";
import { createClient as createClient5 } from "redis5";
import type { RedisClient } from "../../../src/redis/index.js";

/** A client as an app would open it. */
export interface AppClient {
  readonly client: RedisClient;
  close(): void;
}

export interface ClientKind {
  readonly name: string;
  open(url: string): Promise<AppClient>;
}

export const clientKinds: readonly ClientKind[] = [
  { name: "ioredis 5", open: async (url) => ioredisClient(new Redis5(url)) },
  { name: "ioredis 6, with a prefix", open: async (url) => ioredisClient(new Redis(url, { keyPrefix: "app:" })) },
  { name: "redis 5", open: (url) => nodeRedisClient(createClient5({ url })) },
  { name: "redis 6", open: (url) => nodeRedisClient(createClient({ url })) },
];

export function ioredisClient(
  client: RedisClient & { on(event: "error", listener: () => void): unknown; disconnect(): void },
): AppClient {
  // Servers are killed here.
  client.on("error", () => {});
  return { client, close: () => client.disconnect() };
}

export async function nodeRedisClient(
  client: RedisClient & {
    on(event: "error", listener: () => void): unknown;
    connect(): Promise<unknown>;
    destroy(): void;
  },
): Promise<AppClient> {
  client.on("error", () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}

export type Administrator = (...command: [string, ...string[]]) => Promise<unknown>;

/** Sends commands to a server that stands, each on a connection of its own. */
export function administrate(url: string): Administrator {
  return async (...command) => {
    const client = new Redis(url);
    try {
      return await client.call(...command);
    } finally {
      client.disconnect();
    }
  };
}
