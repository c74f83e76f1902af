import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { eventually } from "../support/app.js";
import { Client } from "../support/client.js";
import { freePort } from "../support/server-process.js";
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

  test("the README's first sample works as it stands, against the emulator", async () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const [, sample = ""] = /^```js\n([\s\S]*?)^```$/m.exec(readme) ?? [];
    expect(sample).toContain("app.listen(3000)");
    // Only the port is another one.
    const port = await freePort();
    writeFileSync(join(directory, "readme.mjs"), sample.replaceAll("3000", String(port)));
    const emulator = createNotionEmulator();
    onTestFinished(() => emulator.close());
    const env = { NOTION_BASE_URL: await emulator.start(), SESSION_SECRET: "dev" };
    const credentials = { NOTION_CLIENT_ID: "emulated-client", NOTION_CLIENT_SECRET: "emulated-secret" };
    start("readme.mjs", { ...env, ...credentials });

    const client = new Client(`http://localhost:${port}`);
    const isUp = async () => (await client.get("/").catch(() => undefined)) !== undefined;
    await eventually(isUp, "the app listens");
    expect((await client.get("/")).body).toContain('href="/login"');
    const login = await client.get("/login");
    const callback = await client.get(await emulator.authorize(login.location, { workspace: "Acme Studio" }));
    expect(callback.location).toBe("/");
    expect((await client.get("/")).body).toContain('action="/logout"');
    expect((await client.get("/me")).json()).toMatchObject({ workspaceName: "Acme Studio" });
    expect((await client.post("/logout")).location).toBe("/?bye");
    expect((await client.get("/?bye")).body).toMatch(/You are logged out[\s\S]*href="\/login"/);
    expect((await client.get("/me")).location).toBe("/login?returnTo=%2Fme");
    expect(emulator.activeTokens()).toEqual([]);
  });

  /** Starts the fixture inside the consumer, where the package's name leads to what was installed. */
  async function startApp(file: string, notion: string): Promise<string> {
    copyFileSync(new URL(`fixtures/${file}`, import.meta.url), join(directory, file));
    const child = start(file, { NOTION_BASE_URL: notion });
    const ended = once(child, "exit").then(([status]) => Promise.reject(new Error(`${file} ended with ${status}.`)));
    const [line] = await Promise.race([once(createInterface({ input: child.stdout! }), "line"), ended]);
    ended.catch(() => {});
    return line as string;
  }

  function start(file: string, env: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn(process.execPath, [file], {
      cwd: directory,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(async () => {
      const ended = once(child, "exit");
      if (child.kill()) await ended;
    });
    return child;
  }
});
