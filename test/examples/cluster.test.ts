import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Client } from "../support/client.js";
import { describeWithService } from "../support/services.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Run {
  readonly child: ChildProcess;
  output(): string;
}

function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [`${root}examples/cluster/${script}`, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return { child, output: () => output };
}

async function finish(...parameters: Parameters<typeof run>): Promise<{ code: unknown; output: string }> {
  const { child, output } = run(...parameters);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output: output() };
}

describeWithService("redis", "examples/cluster", () => {
  let cluster: Run;
  let origin: string;
  beforeAll(async () => {
    if (!existsSync(`${root}dist/index.js`))
      throw new Error("Run `npm run build` first: the example imports the package.");
    cluster = run("start.js", [], { PORT: "0", REDIS_URL: "" });
    await vi.waitFor(() => expect(cluster.output()).toContain("Open http://localhost:"), { timeout: 50_000 });
    origin = /Open (\S+)/.exec(cluster.output())?.[1] ?? "";
  });
  afterAll(() => void cluster.child.kill("SIGKILL"));

  test("fire.js: 25 requests to four processes are served with one refresh", async () => {
    const { code, output } = await finish("fire.js", [origin]);
    expect(output).toMatch(/^25 requests, 1 refresh$/m);
    expect(output).toContain("25 of them were served");
    for (const name of [1, 2, 3, 4]) expect(output).toMatch(new RegExp(`process ${name} #+ [67]$`, "m"));
    expect(code).toBe(0);
  });

  test("the button of the page does the same, also when one of the processes was killed", async () => {
    const browser = new Client(origin);
    const consent = (await browser.get("/login")).location;
    const granted = await fetch(new URL("/__emulator/authorize", consent), {
      method: "POST",
      body: JSON.stringify({ url: consent }),
    });
    const { callbackUrl } = (await granted.json()) as { callbackUrl: string };
    expect(await browser.get(callbackUrl)).toMatchObject({ status: 303 });

    const pid = Number(/processes of the app: (\d+)/.exec(cluster.output())?.[1]);
    process.kill(pid, "SIGKILL");
    await expect.poll(cluster.output).toContain("Process 1 has ended");

    expect(await browser.post("/fire", { headers: { origin } })).toMatchObject({ status: 303, location: "/" });
    const { body, headers } = await browser.get("/");
    expect(body).toContain("25 requests, 1 refresh<");
    expect(body).toContain("25 of 25 were served");
    expect(body).not.toContain("<script");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect((await browser.post("/logout", { headers: { origin } })).status).toBe(303);
    expect((await browser.get("/")).body).toContain("Connect to Notion");
  });

  test("Ctrl+C ends everything", async () => {
    const pids = (/processes of the app: (.*)/.exec(cluster.output())?.[1] ?? "").split(", ").map(Number);
    cluster.child.kill("SIGINT");
    expect(await once(cluster.child, "close")).toEqual([0, null]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(cluster.output()).not.toMatch(/\n\s+at /);
  });

  test("without redis-server, without start.js, with a wrong setting: a sentence", async () => {
    expect(await finish("start.js", [], { PATH: "", REDIS_URL: "", PORT: "0" })).toEqual({
      code: 1,
      output: expect.stringMatching(/^redis-server is not installed\. .*REDIS_URL.*\n$/),
    });
    expect(await finish("start.js", [], { PORT: "x" })).toMatchObject({
      code: 1,
      output: expect.stringContaining("PORT"),
    });
    expect(await finish("fire.js", [origin])).toMatchObject({ code: 1, output: expect.stringContaining("start.js") });
  });
});
