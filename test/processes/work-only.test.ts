import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { spawn } from "node:child_process";

test("a process that does nothing but revocations.work() lives until it is closed", async () => {
  const code = `
    import { createNotionOAuth } from "express-notion-oauth";
    const notion = createNotionOAuth({ clientId: "id", clientSecret: "the-client-secret" });
    notion.revocations.work();
    process.once("SIGTERM", () => notion.close().then(() => console.log("closed")));
    // This timer fires only if something else keeps the process alive.
    setTimeout(() => console.log("alive"), 1000).unref();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    if (line === "alive") child.kill("SIGTERM");
  });
  const [status] = await once(child, "close");
  expect([lines, status]).toEqual([["alive", "closed"], 0]);
});
