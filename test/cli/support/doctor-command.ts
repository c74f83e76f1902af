import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { createNotionEmulator, type NotionEmulator } from "../../../src/emulator/index.js";
import { onTestFinished } from "../../support/on-test-finished.js";
import { temporary } from "../../support/server-process.js";
import { type Finished, finish, root } from "./command-line.js";

export const clientId = "doctor-client";
/** Must come out of nothing. */
export const clientSecret = "canary-1-client-secret";
export const sealingSecret = "canary-2-sealing-secret-of-32-bytes";
export const sessionSecret = "canary-3-session-4hVq0ZpX2mT7cRkW";
export const password = "canary-4-password";
const canaries = [clientSecret, sealingSecret, sessionSecret, password, "made-up-by"];

/** What the options of an app look like whose Notion is the emulator's. */
export const credentials = (emulator: NotionEmulator) => ({ clientId, clientSecret, baseUrl: emulator.url });

/** The same for a run without a module. */
export const environment = {
  NOTION_CLIENT_ID: clientId,
  NOTION_CLIENT_SECRET: clientSecret,
  NOTION_OAUTH_SECRET: "",
  NODE_ENV: "",
};

export interface Finding {
  readonly check: string;
  readonly status: string;
  readonly message: string;
  readonly advice?: string;
}

export interface Examined extends Finished {
  readonly findings: readonly Finding[];
  /** What was found by one check, each as `status: message`. */
  of(check: string): string[];
}

/** An emulated Notion for all tests of a file, each of which finds it as new. */
export function useEmulator(): NotionEmulator {
  const emulator = createNotionEmulator({ clients: [{ clientId, clientSecret }] });
  beforeAll(() => emulator.start());
  beforeEach(() => emulator.reset());
  afterAll(() => emulator.close());
  return emulator;
}

/** A folder of an app: what it has installed leads to this repository. */
export function appFolder(packages: readonly string[] = ["express", "express-session", "ioredis", "pg"]): string {
  const folder = mkdtempSync(join(tmpdir(), "doctor-"));
  onTestFinished(temporary(folder).remove);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/express-notion-oauth"), "dir");
  for (const name of packages) symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name), "dir");
  return folder;
}

/** Runs `doctor --json`, and looks for secrets in what it says. */
export async function examine(
  args: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Examined> {
  const finished = await say([...args, "--json"], cwd === undefined ? { env } : { env, cwd });
  const isReport = finished.code !== 2;
  const document = isReport ? (JSON.parse(finished.output) as { findings: Finding[] }) : { findings: [] };
  if (isReport) expectSentences(document.findings);
  return {
    ...finished,
    findings: document.findings,
    of: (check) =>
      document.findings
        .filter((one) => one.check === check)
        .map(({ status, message, advice }) => `${status}: ${message}${advice === undefined ? "" : ` ${advice}`}`),
  };
}

/** Runs `doctor` as a person does. */
export async function say(
  args: readonly string[],
  { cwd, env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Finished> {
  const finished = await finish(["doctor", ...args], {
    env: { ...environment, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  for (const canary of canaries) expect(finished.output + finished.errors).not.toContain(canary);
  expect(finished.errors).not.toMatch(/\n\s+at /);
  return finished;
}

/** Writes a module and has it examined. Its imports are those of an app. */
export async function examineModule(
  source: string,
  {
    name = "config.mjs",
    cwd = appFolder(),
    env = {},
  }: { name?: string; cwd?: string; env?: Record<string, string> } = {},
): Promise<Examined> {
  writeFileSync(join(cwd, name), source);
  return examine(["--config", name], { cwd, env });
}

/** Has options examined, written as they are: `{ notion: { timeout: 300 }, session: {} }`. */
export function examineOptions(
  exported: { readonly notion: object; readonly session?: unknown },
  env: Record<string, string> = {},
): Promise<Examined> {
  const lines = Object.entries(exported).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`);
  return examineModule(lines.join("\n"), { env });
}

function expectSentences(findings: readonly Finding[]): void {
  for (const { status, check, message, advice = "Whole." } of findings) {
    if (status === "problem" && check !== "vault") expect(advice, message).not.toBe("Whole.");
    for (const text of [message, advice]) expect(text).toMatch(/^(?:[A-Z`/]|express|NOTION_|--).*[.?]$/s);
  }
}
