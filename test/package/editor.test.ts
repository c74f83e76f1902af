import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { describeWithConsumer } from "./support/consumer.js";
import { root } from "./support/tarball.js";

/** Functions, a class, and a type of another file than that of its entry. */
const names: readonly (readonly [name: string, specifier: string])[] = [
  ["createNotionOAuth", "express-notion-oauth"],
  ["NotionVault", "express-notion-oauth"],
  ["NotionStrategy", "express-notion-oauth/passport"],
  ["sqliteVault", "express-notion-oauth/sqlite"],
  ["createNotionEmulator", "express-notion-oauth/emulator"],
];

await describeWithConsumer("full", "an editor in a project that has installed the tarball", ({ directory }) => {
  test("goes from a name to its source", async () => {
    const file = join(directory, "editor.ts");
    const lines = names.map(([name, specifier]) => `import type { ${name} } from "${specifier}";`);
    writeFileSync(file, lines.join("\n"));
    const source = join(directory, "node_modules/express-notion-oauth/dist/source/");
    for (const [index, found] of (await definitionsIn(file, lines.length)).entries()) {
      expect(found.file.startsWith(source), found.file).toBe(true);
      const line = readFileSync(found.file, "utf8").split("\n")[found.start.line - 1];
      expect(line).toMatch(new RegExp(`^export .*\\b${names[index]?.[0]}\\b`));
    }
  });
});

interface Definition {
  readonly file: string;
  readonly start: { readonly line: number };
}

/** What the language server of TypeScript, as editors ask it, says of the names in so many lines of imports. */
async function definitionsIn(file: string, count: number): Promise<Definition[]> {
  const server = spawn(process.execPath, [join(root, "node_modules/typescript6/lib/tsserver.js")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void server.kill());
  const ask = (seq: number, command: string, args: object) =>
    server.stdin.write(`${JSON.stringify({ seq, type: "request", command, arguments: args })}\n`);
  ask(0, "open", { file });
  const offset = "import type { ".length + 1;
  for (let line = 1; line <= count; line++) ask(line, "definition", { file, line, offset });
  const definitions: Definition[] = [];
  for await (const line of createInterface({ input: server.stdout })) {
    const { command, body } = (line.startsWith("{") ? JSON.parse(line) : {}) as {
      command?: string;
      body?: Definition[];
    };
    if (command !== "definition") continue;
    expect(body).toHaveLength(1);
    definitions.push(...(body ?? []));
    if (definitions.length === count) break;
  }
  expect(definitions).toHaveLength(count);
  return definitions;
}
