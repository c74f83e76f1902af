import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import * as entry from "../../src/bullmq/index.js";
import { type BullmqQueueOptions, bullmqQueue } from "../../src/bullmq/index.js";
import { OptionError } from "../../src/errors.js";

const url = "redis://127.0.0.1:1";
const lazy = new Redis({ lazyConnect: true });

describe("the options of bullmqQueue", () => {
  const refused: [string, string, unknown][] = [
    ["no options", "options", undefined],
    ["an unknown one", "conection", { conection: url }],
    ["no connection", "connection", {}],
    ["an empty URL", "connection", { connection: "" }],
    ["a number for a connection", "connection", { connection: 6379 }],
    ["a queue name with a colon", "name", { connection: url, name: "a:b" }],
    ["an empty queue name", "name", { connection: url, name: "" }],
    ["no time", "timeout", { connection: url, timeout: 0 }],
    ["a time that is no number", "timeout", { connection: url, timeout: "3s" }],
    ["a poll interval beyond the longest timer", "pollInterval", { connection: url, pollInterval: 2 ** 31 }],
    ["an unknown backend", "backend", { connection: url, backend: "mysql" }],
    ["a prefix in PostgreSQL", "prefix", { connection: "postgres://localhost/x", prefix: "p" }],
    ["a schema in Redis", "schema", { connection: url, schema: "s" }],
    ["a migration of Redis", "migrate", { connection: url, migrate: true }],
    ["a migration that is not a boolean", "migrate", { connection: "postgres://localhost/x", migrate: "yes" }],
    ["a schema with a quote", "connection", { connection: "postgres://localhost/x", schema: 'a"b' }],
    ["a pool as Redis", "connection", { connection: new pg.Pool(), backend: "redis" }],
    ["a Redis client as PostgreSQL", "connection", { connection: lazy, backend: "postgres" }],
    ["a client that adds a prefix", "connection", { connection: new Redis({ lazyConnect: true, keyPrefix: "p" }) }],
  ];

  test.each(refused)("refuse %s", (_, option, options) => {
    let error: unknown;
    try {
      bullmqQueue(options as BullmqQueueOptions);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(OptionError);
    expect(error).toMatchObject({ option });
  });

  test("never show a value", () => {
    const connection = "postgres://me:hunter2@localhost/x";
    expect(() => bullmqQueue({ connection, schema: "no schema" })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });

  test("take the clients of ioredis, node-redis and pg as they are", () => {
    // What is tested is that this compiles.
    const connections: BullmqQueueOptions[] = [
      { connection: lazy },
      { connection: createClient() },
      { connection: new pg.Pool() },
      { connection: { host: "127.0.0.1", port: 6379 } },
    ];
    expect(connections).toHaveLength(4);
  });
});

test("express-notion-oauth/bullmq exports bullmqQueue and nothing else", () => {
  expect(Object.keys(entry)).toEqual(["bullmqQueue"]);
});
