import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { Client } from "../support/client.js";
import { describeWithConsumer } from "./support/consumer.js";

await describeWithConsumer("full", "an app that installed the package", ({ directory }) => {
  test.each(["app.mjs", "app.cjs"])("%s logs in and out, and the tokens are dead", async (file) => {
    const emulator = createNotionEmulator();
    await emulator.start();
    onTestFinished(() => emulator.close());
    const client = new Client(await startApp(file, emulator.url));

    const login = await client.get("/login?returnTo=/");
    const callback = await client.get(await emulator.authorize(login.location, { workspace: "Acme Studio" }));
    expect(callback.status).toBe(303);
    expect((await client.get("/")).json()).toMatchObject({ workspaceName: "Acme Studio" });
    expect(emulator.activeTokens()).toHaveLength(2);

    const old = client.copy();
    const logout = await client.post("/logout", { accept: "application/json" });
    expect(logout.json()).toEqual({ loggedOut: true, revocation: "revoked", tokens: 2 });
    expect(emulator.activeTokens()).toEqual([]);
    expect((await old.get("/", { accept: "application/json" })).status).toBe(401);
  });

  /** Starts the fixture inside the consumer, where the package's name leads to what was installed. */
  async function startApp(file: string, notion: string): Promise<string> {
    copyFileSync(new URL(`fixtures/${file}`, import.meta.url), join(directory, file));
    const child: ChildProcess = spawn(process.execPath, [file], {
      cwd: directory,
      env: { ...process.env, NOTION_BASE_URL: notion },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(async () => {
      const ended = once(child, "exit");
      if (child.kill()) await ended;
    });
    const ended = once(child, "exit").then(([status]) => Promise.reject(new Error(`${file} ended with ${status}.`)));
    const [line] = await Promise.race([once(createInterface({ input: child.stdout! }), "line"), ended]);
    ended.catch(() => {});
    return line as string;
  }
});
