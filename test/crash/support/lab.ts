import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNotionEmulator, type NotionEmulator, type NotionEmulatorOptions } from "../../../src/emulator/index.js";
import type { EntryState, VaultEntry } from "../../../src/index.js";
import { credentials } from "../../support/app.js";
import type { Answer, Client } from "../../support/client.js";
import { temporary } from "../../support/server-process.js";
import { type KillableApp, startApp } from "./killable-app.js";
import { type Database, type Kind, openDatabase } from "./database.js";
import { asSeen, Judge } from "./judge.js";
import { type Network, openNetwork } from "../../support/network.js";
import { onTestFinished } from "../../support/on-test-finished.js";

export interface LabOptions {
  /** What the processes share. Default `sqlite`. */
  readonly vault?: Kind;
  readonly lifetime?: number;
  readonly options?: object;
  /** Connections belong to the app's users. */
  readonly users?: true;
  readonly emulator?: NotionEmulatorOptions;
}

/** What is wrong with what stands in the vault. */
export interface Verdict {
  readonly orphans: string[];
  readonly taken: string[];
  readonly unfinished: number;
  /** What has to end at some time, and is never due. */
  readonly forgotten: string[];
}

/** An emulated Notion, a database, sessions in files, and processes of an app that may be killed at any time. */
export interface Lab {
  readonly emulator: NotionEmulator;
  readonly database: Database;
  /** @param options a worker only works off what is due, and may wait from its n-th call of the vault on */
  start(options?: { readonly worker?: boolean; readonly holdAt?: number }): Promise<KillableApp>;
  /** Starts a login in the browser. @returns the callback that Notion would send it to */
  callback(
    client: Client,
    app: KillableApp,
    who?: { readonly workspace?: string; readonly user?: string },
  ): Promise<string>;
  logIn(
    client: Client,
    app: KillableApp,
    who?: { readonly workspace?: string; readonly user?: string },
  ): Promise<Answer>;
  /** What stands in the vault, marks left out. */
  entries(): Promise<VaultEntry[]>;
  /** Makes entries due now that are due later: the time of a lease, or of a login that came to nothing, is over. */
  makeDue(...states: EntryState[]): Promise<void>;
  /** Reads the vault and says what is wrong with it. */
  judge(): Promise<Verdict>;
}

export async function openLab({
  vault: kind = "sqlite",
  lifetime = 3_600_000,
  options = {},
  users,
  emulator: emulatorOptions,
}: LabOptions = {}): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), "crash-"));
  const { remove } = temporary(directory);
  const emulator = createNotionEmulator(emulatorOptions);
  await emulator.start();
  const database = await openDatabase(kind, directory);
  const config = {
    sessions: join(directory, "sessions"),
    notion: emulator.url,
    lifetime,
    options,
    users,
    verbose: process.env.CRASH_VERBOSE !== undefined,
  };
  const apps: KillableApp[] = [];
  let count = 0;
  const networks: Network[] = [];
  const vault = database.vault.open(credentials.clientId);
  // The tables are there before the processes look for them.
  await vault.nextDueIn();
  onTestFinished(async () => {
    await Promise.all(apps.map((app) => app.kill()));
    for (const network of networks) network.close();
    await vault.close?.();
    await database.close();
    await emulator.close();
    remove();
  });

  const lab: Lab = {
    emulator,
    database,
    async start({ worker = false, holdAt } = {}) {
      const network = database.port === undefined ? undefined : await openNetwork(database.port);
      if (network !== undefined) networks.push(network);
      const at = { kind, at: database.at(network?.port) };
      count += 1;
      const app = await startApp({ ...config, name: `app-${count}`, vault: at, worker, holdAt }, network);
      apps.push(app);
      return app;
    },
    async callback(client, app, who) {
      const login = await client.get(`${app.origin}/login?returnTo=/state`);
      const callback = new URL(await emulator.authorize(login.location, who));
      return app.origin + callback.pathname + callback.search;
    },
    async logIn(client, app, who) {
      return client.get(await lab.callback(client, app, who));
    },
    async entries() {
      const states = ["arriving", "held", "ending", "ended", "failed"] as const;
      return (await Promise.all(states.map((state) => vault.find({ state }, { limit: 10_000 })))).flat();
    },
    async makeDue(...states) {
      for (const state of states)
        for (const entry of await vault.find({ state }, { limit: 10_000 }))
          await vault.replace({ ...entry, dueIn: 0 }, entry.version);
    },
    async judge() {
      const judge = new Judge({ emulator, clientId: credentials.clientId, secret: credentials.clientSecret });
      asSeen(await lab.entries(), judge);
      const unfinished = judge.unfinished();
      return {
        orphans: judge.orphans(),
        taken: judge.taken(),
        unfinished: unfinished.length,
        forgotten: [...unfinished, ...judge.held()]
          // What a user holds is never due.
          .filter(({ dueIn, state, data }) => dueIn === null && (state !== "held" || data.user === undefined))
          .map(({ id, state }) => `${state} ${id}`),
      };
    },
  };
  return lab;
}

/** The answer, or undefined when the process died before it gave one. */
export const unlessKilled = (answer: Promise<Answer>): Promise<Answer | undefined> => answer.catch(() => undefined);
