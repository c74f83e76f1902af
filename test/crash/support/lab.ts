import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createNotionEmulator, type NotionEmulator, type NotionEmulatorOptions } from "../../../src/emulator/index.js";
import type { EntryState } from "../../../src/index.js";
import { sqliteVault } from "../../../src/sqlite/index.js";
import { credentials } from "../../support/app.js";
import { type Answer, Client } from "../../support/client.js";
import { compileSource } from "../../support/compiled-source.js";
import { temporary } from "../../support/server-process.js";
import { asSeen, Judge } from "./judge.js";

const script = fileURLToPath(new URL("../fixtures/app.mjs", import.meta.url));

/** One process of the app. */
export interface KillableApp {
  readonly origin: string;
  readonly child: ChildProcess;
  /** Whether it is still there. */
  readonly isAlive: boolean;
  /** Whether it killed itself while it had tokens in hand that were written nowhere: these are lost. */
  readonly lostTokens: boolean;
  /** The process dies at its n-th call of the vault from now on. Without one: it counts them only. */
  arm(point?: { readonly call: number; readonly when: "before" | "after" }): Promise<void>;
  /** How many calls of the vault it has made since, and how long it had its last tokens in hand before it wrote them, in ms. */
  calls(): Promise<{ calls: number; gap?: number }>;
  kill(): Promise<void>;
}

export interface LabOptions {
  readonly lifetime?: number;
  readonly options?: object;
  readonly emulator?: NotionEmulatorOptions;
}

/** An emulated Notion, an SQLite file, sessions in files, and processes of an app that may be killed at any time. */
export interface Lab {
  readonly emulator: NotionEmulator;
  start(options?: { readonly worker?: boolean }): Promise<KillableApp>;
  callback(client: Client, app: KillableApp): Promise<string>;
  logIn(client: Client, app: KillableApp): Promise<Answer>;
  /** Makes entries due now that are due later: the time of a lease, or of a login that came to nothing, is over. */
  makeDue(...states: EntryState[]): Promise<void>;
  /** Reads the vault and says what is wrong with it. */
  judge(): Promise<{ readonly orphans: string[]; readonly taken: string[]; readonly unfinished: number }>;
}

let compiled: ReturnType<typeof compileSource> | undefined;

export async function openLab({
  lifetime = 3_600_000,
  options = {},
  emulator: emulatorOptions,
}: LabOptions = {}): Promise<Lab> {
  compiled ??= compileSource();
  const directory = mkdtempSync(join(tmpdir(), "crash-"));
  const { remove } = temporary(directory);
  const emulator = createNotionEmulator(emulatorOptions);
  await emulator.start();
  const config = {
    compiled: compiled.path("."),
    database: join(directory, "notion.db"),
    sessions: join(directory, "sessions"),
    notion: emulator.url,
    lifetime,
    options,
    verbose: process.env.CRASH_VERBOSE !== undefined,
  };
  const children = new Set<ChildProcess>();
  const vault = sqliteVault(config.database).open(credentials.clientId);
  onTestFinished(async () => {
    for (const child of children) child.kill("SIGKILL");
    await vault.close?.();
    await emulator.close();
    remove();
  });

  const lab: Lab = {
    emulator,
    async start({ worker = false } = {}) {
      const child = spawn(process.execPath, [script, JSON.stringify({ ...config, worker })], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.add(child);
      // What it said at last has been read then.
      const exit = once(child, "close").then(() => void children.delete(child));
      const [port] = (await Promise.race([
        once(child.stdout, "data"),
        exit.then(() => {
          throw new Error("The app ended at its start.");
        }),
      ])) as [Buffer];
      let lostTokens = false;
      child.stdout.on("data", (said: Buffer) => {
        lostTokens ||= said.includes("in hand");
      });
      const origin = `http://127.0.0.1:${String(port).trim()}`;
      const control = new Client(origin);
      return {
        origin,
        child,
        get isAlive() {
          return children.has(child);
        },
        get lostTokens() {
          return lostTokens;
        },
        async arm(point) {
          await control.get(point === undefined ? "/arm" : `/arm?call=${point.call}&when=${point.when}`);
        },
        calls: async () => (await control.get("/calls")).json(),
        async kill() {
          child.kill("SIGKILL");
          await exit;
        },
      };
    },
    async callback(client, app) {
      const login = await client.get(`${app.origin}/login?returnTo=/state`);
      const callback = new URL(await emulator.authorize(login.location));
      return app.origin + callback.pathname + callback.search;
    },
    async logIn(client, app) {
      return client.get(await lab.callback(client, app));
    },
    async makeDue(...states) {
      for (const state of states)
        for (const entry of await vault.find({ state }, { limit: 10_000 }))
          await vault.replace({ ...entry, dueIn: 0 }, entry.version);
    },
    async judge() {
      const judge = new Judge({ emulator, clientId: credentials.clientId, secret: credentials.clientSecret });
      const states = ["arriving", "held", "ending", "ended", "failed"] as const;
      asSeen((await Promise.all(states.map((state) => vault.find({ state }, { limit: 10_000 })))).flat(), judge);
      return { orphans: judge.orphans(), taken: judge.taken(), unfinished: judge.unfinished().length };
    },
  };
  return lab;
}

/** The answer, or undefined when the process died before it gave one. */
export const unlessKilled = (answer: Promise<Answer>): Promise<Answer | undefined> => answer.catch(() => undefined);
