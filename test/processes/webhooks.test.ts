import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/app.js";
import { deliver, eventBody, TOKEN } from "../support/webhook-app.js";

interface Started {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it said of events: `begin <id>` and `end <id>`. */
  readonly lines: string[];
}

const script = fileURLToPath(new URL("fixtures/webhook-app.mjs", import.meta.url));
const children = new Set<ChildProcess>();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "webhooks-"));
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
  rmSync(directory, { recursive: true, force: true });
});

async function start(options: { lease?: number; hangs?: boolean; takes?: number } = {}): Promise<Started> {
  const config = { file: join(directory, "notion.db"), verificationToken: TOKEN, lease: 60_000, ...options };
  const child = spawn(process.execPath, [script, JSON.stringify(config)], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const output = createInterface({ input: child.stdout });
  const [origin] = (await once(output, "line")) as [string];
  const lines: string[] = [];
  output.on("line", (line) => lines.push(line));
  return { url: `${origin}/webhooks/notion`, child, lines };
}

test("a process that is killed while it handles an event loses nothing: the next delivery is handled elsewhere", async () => {
  const dying = await start({ lease: 2000, hangs: true });
  const other = await start({ lease: 2000 });
  const lost = deliver(dying.url).catch(() => "no answer");
  await eventually(() => dying.lines.includes("begin event-1"), "the event");
  dying.child.kill("SIGKILL");
  expect(await lost).toBe("no answer");
  const statuses: number[] = [];
  await eventually(async () => {
    const { status } = await deliver(other.url);
    statuses.push(status);
    return status === 200;
  }, "the end of the lease");
  expect(new Set(statuses.slice(0, -1))).toEqual(new Set([503]));
  expect((await deliver(other.url)).status).toBe(200);
  expect(other.lines).toEqual(["begin event-1", "end event-1"]);
});

test("many events, delivered eight times each to three processes at once: each is handled once", async () => {
  const processes = await Promise.all([1, 2, 3].map(() => start({ takes: 5 })));
  const ids = Array.from({ length: 40 }, (_, index) => `event-${index}`);
  const answers = await Promise.all(
    ids.flatMap((id) =>
      Array.from({ length: 8 }, (_, index) =>
        deliver(processes[index % 3]!.url, eventBody({ id, attempt_number: index + 1 })),
      ),
    ),
  );
  expect(answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
  const said = (what: string) => processes.flatMap(({ lines }) => lines.filter((line) => line.startsWith(what)));
  await eventually(() => said("end").length >= ids.length, "all events");
  expect(said("begin").sort()).toEqual(ids.map((id) => `begin ${id}`).sort());
  for (const { url } of processes) expect((await deliver(url, eventBody({ id: "event-7" }))).status).toBe(200);
  expect(said("begin")).toHaveLength(ids.length);
});
