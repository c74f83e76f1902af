import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { eventually } from "../../support/app.js";
import { Client } from "../../support/client.js";
import type { Network } from "../../support/network.js";
import { oncePerRun } from "../../support/once-per-run.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The fixture with `src` and Express in one file: a process that reads hundreds of them takes twice as long to start. */
function bundledApp(): Promise<string> {
  return oncePerRun("killable-app", async (directory) => {
    const file = join(directory, "app.mjs");
    const external = ["better-sqlite3", "debug", "helmet", "ioredis", "libsql", "pg", "redis"];
    const build = await rolldown({ input: join(root, "test/crash/fixtures/app.mjs"), platform: "node", external });
    await build.write({ file, format: "esm", codeSplitting: false });
    await build.close();
    symlinkSync(join(root, "node_modules"), join(directory, "node_modules"), "dir");
    return file;
  });
}

/** Where a process does something: before or after its n-th call of the vault. */
export interface Point {
  readonly call: number;
  readonly when: "before" | "after";
}

/** One process of the app. */
export interface KillableApp {
  readonly origin: string;
  /** By which it calls Notion. */
  readonly name: string;
  readonly child: ChildProcess;
  /** Its way to the database. A file has none. */
  readonly network: Network;
  /** Whether it is still there. */
  readonly isAlive: boolean;
  /** When it died, in ms since 1970. */
  readonly diedAt: number | undefined;
  /** Whether it killed itself while it had tokens in hand that were written nowhere: these are lost. */
  readonly lostTokens: boolean;
  /** The process dies at its n-th call of the vault from now on. Without one: it counts them only. */
  arm(point?: Point): Promise<void>;
  /** How many calls of the vault it has made since, and how long it had its last tokens in hand before it wrote them, in ms. */
  calls(): Promise<{ calls: number; gap?: number }>;
  /** Who has come to the call at which it waits: requests, by their header `x-hold: <call> <name>`, and `worker`. */
  readonly held: ReadonlySet<string>;
  /** Those that wait go on, and nobody waits any more until the process is armed again. */
  go(): Promise<void>;
  kill(): Promise<void>;
}

/** @param config what the fixture is told */
export async function startApp(
  config: { readonly name: string; readonly [option: string]: unknown },
  network: Network | undefined,
): Promise<KillableApp> {
  const script = await bundledApp();
  const child = spawn(process.execPath, [script, JSON.stringify(config)], { stdio: ["ignore", "pipe", "inherit"] });
  let isAlive = true;
  let diedAt: number | undefined;
  child.once("exit", () => {
    diedAt = Date.now();
  });
  let lostTokens = false;
  const held = new Set<string>();
  let port: string | undefined;
  // What it said at last has been read then.
  const exit = once(child, "close").then(() => {
    isAlive = false;
  });
  createInterface({ input: child.stdout }).on("line", (said) => {
    if (said === "in hand") lostTokens = true;
    else if (said.startsWith("held ")) held.add(said.slice("held ".length));
    else port = said;
  });
  await eventually(() => port !== undefined || !isAlive, "the start of a process");
  if (port === undefined) throw new Error("The app ended at its start.");
  const origin = `http://127.0.0.1:${port}`;
  const control = new Client(origin);
  return {
    origin,
    name: config.name,
    child,
    get network() {
      if (network === undefined) throw new Error("There is no network to a file.");
      return network;
    },
    get isAlive() {
      return isAlive;
    },
    get diedAt() {
      return diedAt;
    },
    get lostTokens() {
      return lostTokens;
    },
    async arm(point) {
      held.clear();
      await control.get(point === undefined ? "/arm" : `/arm?call=${point.call}&when=${point.when}`);
    },
    calls: async () => (await control.get("/calls")).json(),
    held,
    async go() {
      await control.get("/go");
    },
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
