import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/app.js";
import { describeWithService } from "../support/services.js";
import { launchChromium, look, newProfile } from "./support/browser.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Starts `examples/cluster` as a user would. @returns where it is */
async function startCluster(): Promise<string> {
  const child = spawn(process.execPath, ["examples/cluster/start.js"], {
    cwd: root,
    env: { ...process.env, PORT: "0", PROCESSES: "2" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  onTestFinished(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  });
  await eventually(() => output.includes("in another terminal"), "the cluster has started");
  return /^Open (\S+)$/m.exec(output)?.[1] ?? "";
}

describeWithService("chromium", "examples/cluster in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  test("connect, let the token expire under many requests, see one refresh, log out", async () => {
    const origin = await startCluster();
    const context = await newProfile(browser, [/favicon\.ico|status of 404/]);
    const page = await context.newPage();
    await page.goto(origin);
    await look(page, "cluster-start");
    await page.getByRole("link", { name: "Connect to Notion" }).click();
    await page.getByRole("button", { name: "Allow access" }).click();
    await page.getByText("Connected to").waitFor();

    await page.getByRole("button", { name: "Let the token expire" }).click();
    await page.getByText("25 requests, 1 refresh", { exact: true }).waitFor();
    expect(await page.getByText("25 of 25 were served").count()).toBe(1);
    await look(page, "cluster-fired");

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("link", { name: "Connect to Notion" }).waitFor();
    expect(await context.cookies()).toEqual([]);
  });
});
