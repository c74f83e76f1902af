import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/app.js";
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

describe("examples/cluster", () => suite("sqlite"));
describeWithService("postgres", "examples/cluster --postgres", () => suite("postgres"));
describeWithService("redis", "examples/cluster --redis", () => suite("redis"));

function suite(kind: "sqlite" | "postgres" | "redis"): void {
  let cluster: Run;
  let origin: string;
  beforeAll(async () => {
    if (!existsSync(`${root}dist/index.js`))
      throw new Error("Run `npm run build` first: the example imports the package.");
    cluster = run("start.js", kind === "sqlite" ? [] : [`--${kind}`], { PORT: "0" });
    await eventually(() => cluster.output().includes("Open http://localhost:"), "the example has started");
    origin = /Open (\S+)/.exec(cluster.output())?.[1] ?? "";
  });
  const database = () => /database: (.*)/.exec(cluster.output())?.[1] ?? "";
  afterAll(() => void cluster.child.kill("SIGKILL"));

  async function connected(): Promise<Client> {
    const browser = new Client(origin);
    const consent = (await browser.get("/login")).location;
    const granted = await post(consent, "/__emulator/authorize", { url: consent });
    const { callbackUrl } = (await granted.json()) as { callbackUrl: string };
    expect(await browser.get(callbackUrl)).toMatchObject({ status: 303 });
    return browser;
  }

  async function emulated(browser: Client) {
    const notion = (await browser.get("/login")).location;
    const activeTokens = async () => {
      const state = await fetch(new URL("/__emulator/state", notion));
      return ((await state.json()) as { activeTokens: number }).activeTokens;
    };
    return { notion, activeTokens };
  }

  function post(notion: string, path: string, body: object = {}): Promise<Response> {
    return fetch(new URL(path, notion), { method: "POST", body: JSON.stringify(body) });
  }

  test("fire.js: 25 requests to four processes are served with one refresh", async () => {
    const { code, output } = await finish("fire.js", [origin]);
    expect(output).toMatch(/^25 requests, 1 refresh$/m);
    expect(output).toContain("25 of them were served");
    for (const name of [1, 2, 3, 4]) expect(output).toMatch(new RegExp(`process ${name} #+ [67]$`, "m"));
    expect(code).toBe(0);
  });

  test("the button of the page does the same, also when one of the processes was killed", async () => {
    const browser = await connected();
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

  test("a logout while Notion is down: the tokens wait for whichever process is left, and die when Notion is back", async () => {
    const browser = await connected();
    const { notion, activeTokens } = await emulated(browser);
    expect(await activeTokens()).toBe(2);
    await post(notion, "/__emulator/down");
    const answer = await browser.post("/logout", { headers: { origin }, accept: "application/json" });
    expect(answer.json()).toEqual({ loggedOut: true, revocation: "queued", tokens: 2 });
    const pid = Number(/processes of the app: \d+, (\d+)/.exec(cluster.output())?.[1]);
    process.kill(pid, "SIGKILL");
    await post(notion, "/__emulator/up");
    await expect.poll(activeTokens).toBe(0);
  });

  test("what waits can be listed beside them", async () => {
    const env = { ...process.env, NOTION_CLIENT_ID: "emulated-client" };
    const args = [`${root}dist/cli/main.js`, "vault", "list", `--${kind}`, database()];
    const { stdout } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    expect(stdout).toMatch(/^0 revocations of client emulated-client wait in /);
  });

  test("Ctrl+C ends everything", async () => {
    const pids = (/processes of the app: (.*)/.exec(cluster.output())?.[1] ?? "").split(", ").map(Number);
    cluster.child.kill("SIGINT");
    expect(await once(cluster.child, "close")).toEqual([0, null]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(cluster.output()).not.toMatch(/\n\s+at /);
    if (kind === "sqlite") expect(existsSync(database())).toBe(false);
    else await expect(fetch(database().replace(/^\w+:/, "http:").replace("app@", ""))).rejects.toThrow("fetch failed");
  });

  test("without start.js, with a wrong setting: a sentence", async () => {
    expect(await finish("start.js", [], { PORT: "x" })).toMatchObject({
      code: 1,
      output: expect.stringContaining("PORT"),
    });
    expect(await finish("start.js", ["--mysql"])).toMatchObject({ code: 1, output: expect.stringContaining("Usage") });
    expect(await finish("fire.js", [origin])).toMatchObject({ code: 1, output: expect.stringContaining("start.js") });
  });
}
