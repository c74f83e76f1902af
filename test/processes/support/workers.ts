import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createNotionEmulator, type EmulatedRequest, type NotionEmulator } from "../../../src/emulator/index.js";
import type { NotionEmulatorOptions } from "../../../src/emulator/index.js";
import type { NewEntry, Vault } from "../../../src/index.js";
import { createSealer } from "../../../src/vault/sealing.js";
import { tokenKeeper } from "../../../src/vault/token-keeper.js";
import { tokenKey, tokensOf } from "../../../src/vault/tokens.js";
import { eventually } from "../../support/app.js";
import { onTestFinished } from "../../support/on-test-finished.js";
import type { Place } from "./places.js";

const script = fileURLToPath(new URL("../fixtures/worker.mjs", import.meta.url));

/** A process that only works. */
export interface WorkerProcess {
  readonly name: string;
  readonly child: ChildProcess;
  /** What it logged as errors. */
  readonly errors: readonly string[];
}

/** An entry that waits to be revoked. */
export interface Waiting {
  readonly id: string;
  /** Its access token and its refresh token. */
  readonly tokens: readonly string[];
}

/** An emulated Notion, what waits in a vault, and processes that work it off. */
export interface Workshop {
  readonly emulator: NotionEmulator;
  readonly vault: Vault;
  /** Writes entries that wait to be revoked, as a logout leaves them. */
  fill(count: number, change?: (entry: NewEntry) => NewEntry): Promise<Waiting[]>;
  /** Starts processes; all begin to work when all are ready. @param way how they come to the vault, where not as the place says */
  start(
    count: number,
    options?: object,
    way?: { readonly kind: string; readonly at: string },
  ): Promise<WorkerProcess[]>;
  /** The calls that were made to revoke, those of one token or of one process where it is given. */
  calls(of?: { readonly token?: string; readonly worker?: WorkerProcess }): EmulatedRequest[];
  /** Waits until the tokens of all these are dead. */
  dead(waiting: readonly Waiting[]): Promise<void>;
  /** Waits until nothing is left to revoke in the vault but so many entries. */
  emptied(left?: number): Promise<void>;
}

/** Opens a workshop for one test: its client's entries are nobody else's. @param whenOver a test that runs beside others brings its own */
export async function openWorkshop(
  place: Place,
  options: NotionEmulatorOptions = {},
  whenOver: typeof onTestFinished = onTestFinished,
): Promise<Workshop> {
  const client = { clientId: `client-${randomBytes(6).toString("hex")}`, clientSecret: "emulated-secret" };
  const emulator = createNotionEmulator({ clients: [client], ...options });
  await emulator.start();
  const vault = place.source.open(client.clientId);
  const keeper = tokenKeeper(createSealer([client.clientSecret], client.clientId), false);
  const children: ChildProcess[] = [];
  whenOver(async () => {
    for (const child of children) child.kill("SIGKILL");
    await vault.close?.();
    await emulator.close();
  });

  function waitingEntry(): { entry: NewEntry; waiting: Waiting } {
    const { access_token: accessToken, refresh_token: refreshToken = null } = emulator.issue();
    const id = randomBytes(12).toString("hex");
    const tokens = tokensOf({ accessToken, refreshToken });
    const data = {
      v: 1,
      tokens: keeper.put(id, { accessToken, refreshToken }),
      cause: "logged_out",
      since: Date.now(),
    };
    return { entry: { id, state: "ending", dueIn: 0, keys: tokens.map(tokenKey), data }, waiting: { id, tokens } };
  }

  async function begin(
    name: string,
    options: object,
    { kind, at }: { kind: string; at: string },
  ): Promise<WorkerProcess> {
    const config = {
      name,
      kind,
      at,
      options: { ...client, baseUrl: emulator.url, ...options },
    };
    const child = spawn(process.execPath, [script, JSON.stringify(config)], { stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    const output = createInterface({ input: child.stdout });
    const errors: string[] = [];
    await once(output, "line");
    output.on("line", (line) => errors.push(line));
    return { name, child, errors };
  }

  /** On a busy machine, a call may be given up. */
  const written = (entry: NewEntry) =>
    eventually(
      () =>
        vault.insert(entry).then(
          () => true,
          () => false,
        ),
      "the entry is in the vault",
    );
  const found = (limit: number) => vault.find({ state: "ending" }, { limit }).catch(() => undefined);

  let last = 0;
  return {
    emulator,
    vault,
    async fill(count, change = (entry) => entry) {
      const made = Array.from({ length: count }, waitingEntry);
      for (let at = 0; at < count; at += 50)
        await Promise.all(made.slice(at, at + 50).map(({ entry }) => written(change(entry))));
      return made.map(({ waiting }) => waiting);
    },
    async start(count, options = {}, way = place) {
      const names = Array.from({ length: count }, (_, index) => `worker-${last + index + 1}`);
      last += count;
      const workers = await Promise.all(names.map((name) => begin(name, options, way)));
      for (const { child } of workers) child.stdin?.write("work\n");
      return workers;
    },
    calls: ({ token, worker } = {}) =>
      emulator.requests.filter(
        (request) =>
          request.endpoint === "revoke" &&
          (token === undefined || request.token === token) &&
          (worker === undefined || request.notionVersion === worker.name),
      ),
    dead: (waiting) =>
      eventually(
        () => waiting.every(({ tokens }) => !tokens.some((token) => emulator.isActive(token))),
        "all tokens are dead",
      ),
    emptied: (left = 0) =>
      eventually(
        async () => ((await found(left + 1))?.length ?? Number.POSITIVE_INFINITY) <= left,
        "nothing is left to revoke",
      ),
  };
}
