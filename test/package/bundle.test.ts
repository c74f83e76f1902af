import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../support/run.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Shows a page and writes a line, which is when the package loads what it needs for them. */
const app = `
  import createDebug from "debug";
  import express from "express";
  import session from "express-session";
  import { createNotionOAuth } from ${JSON.stringify(join(root, "src/index.ts"))};
  createDebug.enable("notion-oauth:*");
  const notion = createNotionOAuth({
    clientId: "id", clientSecret: "the-secret-value", redirectUri: "http://127.0.0.1/auth/notion/callback",
  });
  const app = express();
  app.use(session({ secret: "session secret", resave: false, saveUninitialized: false }), notion.middleware());
  const server = app.listen(0, "127.0.0.1", async () => {
    const url = "http://127.0.0.1:" + server.address().port + "/auth/notion/callback?error=access_denied&state=";
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    console.log(answer.status, (await answer.text()).includes("Notion was not connected"));
    server.closeAllConnections();
    server.close();
    await notion.close();
  });`;

test.each([
  ["esm", "app.mjs"],
  ["cjs", "app.cjs"],
] as const)(
  "an app that is bundled into one file (%s) starts without node_modules, logs, and shows our pages",
  async (format, name) => {
    const [source, target] = [mkdtempSync(join(tmpdir(), "app-")), mkdtempSync(join(tmpdir(), "bundle-"))];
    onTestFinished(() => {
      for (const directory of [source, target]) rmSync(directory, { recursive: true, force: true });
    });
    symlinkSync(join(root, "node_modules"), join(source, "node_modules"), "dir");
    writeFileSync(join(source, "main.mjs"), app);
    const build = await rolldown({ cwd: source, input: "main.mjs", platform: "node", logLevel: "silent" });
    const { output } = await build.write({ file: join(target, name), format, codeSplitting: false });
    await build.close();
    expect(output).toHaveLength(1);
    const { status, stdout, stderr } = await run(process.execPath, [name], target);
    expect(stdout, stderr).toBe("403 true\n");
    expect(stderr).toMatch(/notion-oauth:debug.*login\.denied/);
    expect(status).toBe(0);
  },
);
