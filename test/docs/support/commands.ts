import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { sqliteVault } from "../../../src/sqlite/index.js";
import { credentials } from "../../support/app.js";
import { manifest, root } from "../../package/support/tarball.js";
import { onTestFinished } from "../../support/on-test-finished.js";

/** Runs the commands of a console block: those that are this package's. What they print is told by test/cli. */
export async function checkCommands(block: string): Promise<void> {
  const lines = block.split("\n").filter((line) => line.startsWith("$ "));
  expect(lines).not.toEqual([]);
  const file = await databaseFile();
  for (const line of lines) {
    const command = line.slice(2).replace(/\s+#.*$/, "");
    const [, names] = /^npm install (.+)$/.exec(command) ?? [];
    const [, given] = /^npx express-notion-oauth (.+)$/.exec(command) ?? [];
    if (names !== undefined) checkPackages(names.split(" "));
    else if (given !== undefined) {
      const args = given.replace(/FILE|\/var\/lib\/app\/notion\.db/, file).replace("<id>...", "--all");
      await runOurs(args.split(/\s+/).filter((one) => one !== ""));
    } else expect(command).toMatch(/^export NOTION_CLIENT_ID=|^NOTION_BASE_URL=\S+ .* node app\.mjs$/);
  }
}

async function databaseFile(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "commands-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "notion.db");
  const vault = sqliteVault(file).open(credentials.clientId);
  await vault.insert({ id: "over", state: "ended", dueIn: 3_600_000, keys: [], data: {} });
  await vault.close?.();
  return file;
}

function checkPackages(names: readonly string[]): void {
  const known = [manifest.name, ...Object.keys({ ...manifest.devDependencies, ...manifest.peerDependencies })];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
}

/** A command ends with 0; the emulator runs until it is stopped. */
async function runOurs(args: readonly string[]): Promise<void> {
  const env = {
    ...process.env,
    NOTION_CLIENT_ID: credentials.clientId,
    NOTION_CLIENT_SECRET: credentials.clientSecret,
  };
  const isServer = args[0] === "emulator";
  const all = [join(root, "dist/cli/main.js"), ...args.map((one) => (one === "4040" ? "0" : one))];
  const child = spawn(process.execPath, all, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk;
      if (isServer && /http:\/\/127\.0\.0\.1:\d+/.test(output)) child.kill();
    });
  }
  const [status] = await once(child, "close");
  if (isServer) expect(output).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
  else expect([args, status, output]).toEqual([args, 0, output]);
}
