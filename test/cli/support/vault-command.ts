import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { NotionEmulator } from "../../../src/emulator/index.js";
import { loadDriver } from "../../../src/sqlite/driver.js";
import { sqliteVault } from "../../../src/sqlite/index.js";
import type { ConnectionData } from "../../../src/vault/entry.js";
import { createSealer } from "../../../src/vault/sealing.js";
import { tokenKeeper } from "../../../src/vault/token-keeper.js";
import { tokenKey } from "../../../src/vault/tokens.js";
import type { EntryState, NewEntry, Vault } from "../../../src/vault/vault.js";
import { credentials } from "../../support/app.js";
import { onTestFinished } from "../../support/on-test-finished.js";
import { type Finished, finish } from "./command-line.js";

export const client = credentials;
export const environment = { NOTION_CLIENT_ID: client.clientId, NOTION_CLIENT_SECRET: client.clientSecret };

/** Everything that must not come out of any command. */
const secrets = new Set<string>([client.clientSecret]);

export interface Place {
  readonly directory: string;
  readonly path: string;
  readonly vault: Vault;
  /** Runs SQL in the file. */
  exec(sql: string): void;
  insert(entry: Partial<NewEntry>): Promise<string>;
  /** Writes an entry with two tokens. `since` is how long ago it ended, in ms. @returns its id */
  add(fields: Fields): Promise<string>;
  addFor(clientId: string, fields: Fields): Promise<string>;
}

interface Fields {
  readonly id?: string;
  readonly state?: EntryState;
  readonly dueIn?: number | null;
  readonly since?: number;
  readonly cause?: ConnectionData["cause"];
  readonly attempts?: number;
  readonly failure?: string;
  readonly spares?: true;
  readonly secret?: string;
}

/** A vault in a directory of its own. @param emulator where its tokens live; without one they are made up */
export async function openPlace({
  emulator,
  schema = "ours",
}: {
  emulator?: NotionEmulator;
  schema?: "ours" | "none";
} = {}): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), "vault-command-"));
  const path = join(directory, "notion.db");
  const database = (await loadDriver())(path);
  const source = sqliteVault(path);
  const vault = source.open(client.clientId);
  onTestFinished(async () => {
    database.close();
    await vault.close?.();
    rmSync(directory, { recursive: true, force: true });
  });
  if (schema === "ours") await vault.nextDueIn();

  async function insert(entry: Partial<NewEntry>, into = vault): Promise<string> {
    const id = entry.id ?? `e${randomBytes(16).toString("base64url").slice(1)}`;
    await into.insert({ id, state: "ending", dueIn: 0, keys: [], data: {}, ...entry });
    return id;
  }

  const addTo = (into: Vault, clientId: string, fields: Fields) =>
    insert(entryWithTokens(fields, clientId, emulator), into);

  return {
    directory,
    path,
    vault,
    exec: (sql) => void database.exec(sql),
    insert,
    add: (fields) => addTo(vault, client.clientId, fields),
    addFor: async (clientId, fields) => {
      const other = source.open(clientId);
      onTestFinished(() => other.close?.());
      return addTo(other, clientId, fields);
    },
  };
}

/** An entry with two tokens. `since` is how long ago it ended, in ms. */
export function entryWithTokens(fields: Fields, clientId: string, emulator?: NotionEmulator): NewEntry {
  const { id = `e${randomBytes(16).toString("base64url").slice(1)}`, state = "ending", dueIn = 0, secret } = fields;
  const tokens = issue(emulator);
  const sealer = createSealer([secret ?? client.clientSecret], clientId);
  const sealed = tokenKeeper(sealer, false).put(id, tokens) as string;
  for (const one of [tokens.accessToken, tokens.refreshToken, sealed]) secrets.add(one);
  const held = state === "held" || state === "arriving";
  const { since = 60_000, cause = "logged_out", attempts = 0, failure, spares } = fields;
  const end = {
    cause,
    since: Date.now() - since,
    attempts,
    ...(failure !== undefined && { failure }),
    ...(spares && { spares }),
  };
  const data = { v: 1, connection, tokens: sealed, ...(!held && end) };
  return { id, state, dueIn, keys: [tokenKey(tokens.accessToken), tokenKey(tokens.refreshToken)], data };
}

const connection = { botId: "a-bot", workspaceId: "a-workspace", workspaceName: "A workspace", connectedAt: 0 };

function issue(emulator: NotionEmulator | undefined): { accessToken: string; refreshToken: string } {
  if (emulator === undefined) {
    const token = () => `ntn_${randomBytes(24).toString("base64url")}`;
    return { accessToken: token(), refreshToken: token() };
  }
  const { access_token: accessToken, refresh_token } = emulator.issue();
  return { accessToken, refreshToken: refresh_token as string };
}

export function expectNoSecrets({ output, errors }: Finished): void {
  expect([...secrets].filter((secret) => (output + errors).includes(secret))).toEqual([]);
  expect(errors).not.toMatch(/\n\s+at /);
}

/** Runs `vault ...` on the file and looks for secrets in what it says. */
export async function run(place: { readonly path: string }, args: string, env: Record<string, string> = {}) {
  const result = await finish(["vault", ...args.split(" "), "--sqlite", place.path], {
    env: { ...environment, ...env },
  });
  expectNoSecrets(result);
  return result;
}
