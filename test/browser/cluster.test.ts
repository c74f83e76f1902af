import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/app.js";
import { describeWithService } from "../support/services.js";
import { launchChromium, newProfile } from "./support/browser.js";
import { expectLongNameToFit, inspect } from "./support/inspect.js";

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
    const context = await newProfile(browser, [/status of 40[34]/]);
    const page = await context.newPage();
    await page.goto(origin);
    await inspect(page, "cluster-start");
    await page.getByRole("link", { name: "Connect to Notion" }).click();
    await page.getByRole("button", { name: "Allow access" }).click();
    await page.getByText("Connected to").waitFor();
    await inspect(page, "cluster-connected");
    await expectLongNameToFit(page, "Acme Studio");

    await page.getByRole("button", { name: "Let the token expire" }).click();
    await page.getByRole("heading", { level: 1, name: "25 requests, 1 refresh", exact: true }).waitFor();
    expect(await page.getByText("25 of 25 were served").count()).toBe(1);
    const processes = await page
      .getByRole("list", { name: "Processes of one app" })
      .getByRole("listitem")
      .allInnerTexts();
    const answers = processes.map((text) => Number(/(\d+) answers?/.exec(text)?.[1]));
    expect([answers.length, answers.reduce((sum, one) => sum + one)]).toEqual([2, 25]);
    expect(processes.filter((text) => text.includes("refreshed"))).toHaveLength(1);
    expect(await page.getByText("was asked for a refresh once").count()).toBe(1);
    await inspect(page, "cluster-fired");

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("link", { name: "Connect to Notion" }).waitFor();
    expect(await context.cookies()).toEqual([]);

    await page.goto(`${origin}/nowhere`);
    await page.getByRole("heading", { level: 1, name: "There is nothing here" }).waitFor();
    await inspect(page, "cluster-nowhere");
  });
});
