import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNotionEmulator, type NotionEmulator } from "../../../src/emulator/index.js";
import { tokenHash } from "../../../src/connections/token-pair.js";
import { delay, eventually } from "../../support/app.js";
import { type Answer, Client } from "../../support/client.js";
import { compileSource } from "../../support/compiled-source.js";
import { freePort, temporary } from "../../support/server-process.js";
import { type RedisServer, startRedis } from "../../support/services.js";
import { type AppProcess, appProcess } from "./app-process.js";

/** How much more than by default is done: `CRASH_ROUNDS=10` for the full scale. */
export const scale = Math.max(1, Number(process.env.CRASH_ROUNDS ?? 1));

export type QueueChoice = "directory" | "redis" | { readonly connection: string; readonly migrate: boolean };

export interface LabOptions {
  readonly queue: QueueChoice;
  readonly processes?: number;
  /** Life of a session in ms. Short, so that the guards look soon. */
  readonly maxAge: number;
  /** Options of `createNotionOAuth` in the processes. */
  readonly options?: object;
}

/** An emulated Notion, a Redis for the sessions, and processes of an app that may be killed at any time. */
export interface Lab {
  readonly emulator: NotionEmulator;
  readonly redis: RedisServer;
  readonly apps: readonly AppProcess[];
  logIn(client: Client, app?: AppProcess): Promise<Answer>;
  browser(app?: AppProcess): Promise<Client>;
  /** The tokens of this access token's pair, by where they are safe; undefined: nowhere. */
  placeOf(accessToken: string, client: Client, app?: AppProcess): Promise<"dead" | "queued" | "session" | undefined>;
  /** Whether a queue ever said that it holds the job of this access token. */
  wasSecured(accessToken: string): boolean;
  /** Waits until every token is dead; returns those that live on. */
  orphans(within: number): Promise<string[]>;
  close(): Promise<void>;
}

export async function openLab({ queue, processes = 1, maxAge, options = {} }: LabOptions): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), "crash-"));
  const files = temporary(directory);
  const compiled = compileSource();
  const redis = await startRedis({ appendonly: true, args: ["--appendfsync", "always"] });
  const emulator = createNotionEmulator();
  await emulator.start();
  const log = join(directory, "added");
  const port = await freePort();
  const config = {
    compiled: compiled.path("."),
    redis: redis.url,
    notion: emulator.url,
    redirectUri: `http://127.0.0.1:${port}/auth/notion/callback`,
    maxAge,
    log,
    options,
    verbose: process.env.CRASH_VERBOSE !== undefined,
    queue:
      queue === "directory"
        ? { kind: "directory", path: join(directory, "queue") }
        : queue === "redis"
          ? { kind: "bullmq", connection: redis.url }
          : { kind: "bullmq", ...queue },
  };
  const apps = await Promise.all(
    Array.from({ length: processes }, (_, index) => appProcess(config, index === 0 ? port : undefined)),
  );
  await Promise.all(apps.map((app) => app.start()));

  const lab: Lab = {
    emulator,
    redis,
    apps,
    async logIn(client, app = apps[0]!) {
      const login = await client.get(`${app.origin}/login?returnTo=/state`);
      const callback = new URL(await emulator.authorize(login.location));
      return client.get(app.origin + callback.pathname + callback.search);
    },
    async browser(app = apps[0]!) {
      const client = new Client(app.origin);
      const answer = await lab.logIn(client, app);
      if (answer.status !== 303) throw new Error(`The login did not work: ${answer.status} ${answer.body}`);
      return client;
    },
    async placeOf(accessToken, client, app = apps[0]!) {
      const isDead = () => !emulator.isActive(accessToken);
      if (isDead()) return "dead";
      const state = await client.get(`${app.origin}/state`);
      if (state.status === 200 && state.json().token === accessToken) return "session";
      const pending = await client.get(`${app.origin}/pending`);
      if (pending.json<string[]>().includes(`r-${tokenHash(accessToken)}`)) return "queued";
      return isDead() ? "dead" : undefined;
    },
    wasSecured: (accessToken) => read(log).includes(tokenHash(accessToken)),
    async orphans(within) {
      // A process begins to work on the queue when the first request has shown it the session store.
      await Promise.all(apps.map((app) => new Client(app.origin).get("/state")));
      await eventually(() => emulator.activeTokens().length === 0, "", within).catch(() => {});
      return emulator.activeTokens().map(({ value }) => value);
    },
    async close() {
      for (const app of apps) app.kill();
      await Promise.all(apps.map((app) => app.ended()));
      await Promise.all([emulator.close(), redis.close()]);
      compiled.remove();
      files.remove();
    },
  };
  return lab;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The answer, or undefined when the process died before it gave one. */
export async function unlessKilled(answer: Promise<Answer>): Promise<Answer | undefined> {
  return answer.catch(() => undefined);
}

export { delay };
