import { chownSync, closeSync, cpSync, existsSync, mkdtempSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { bullmqQueue } from "../../src/bullmq/index.js";
import { createSealer } from "../../src/connections/sealing.js";
import { tokenHash } from "../../src/connections/token-pair.js";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { directoryQueue } from "../../src/index.js";
import type { RevocationJob } from "../../src/revocation/job.js";
import type { RevocationQueue } from "../../src/revocation/queue.js";
import { credentials, eventually } from "../support/app.js";
import { temporary } from "../support/server-process.js";
import { describeWithService, startPostgres, startRedis } from "../support/services.js";
import { ended, type Finished, finish, root, type Run, start, useCommandLine } from "./support/command-line.js";

useCommandLine();

const emulator = createNotionEmulator();
beforeAll(() => emulator.start());
afterAll(() => emulator.close());
beforeEach(() => {
  emulator.reset();
  tokens.length = 0;
  sealed.length = 0;
});

/** Everything that must not come out of any command. */
const tokens: string[] = [];
const sealed: string[] = [];
const env = { NOTION_CLIENT_ID: credentials.clientId, NOTION_CLIENT_SECRET: credentials.clientSecret };

/** A job with two tokens that live at the emulator. */
function makeJob(fields: Partial<RevocationJob> = {}, secret: string = credentials.clientSecret): RevocationJob {
  const { access_token, refresh_token } = emulator.issue();
  const pair = [access_token, refresh_token as string];
  const id = `${fields.kind === "expiry" ? "x" : "r"}-${tokenHash(access_token)}`;
  const job = {
    v: 1,
    id,
    kind: "revoke",
    sealed: createSealer([secret], credentials.clientId).seal("job", id, JSON.stringify(pair)),
    connection: "a-connection",
    createdAt: Date.now() - 3_600_000,
    dueAt: Date.now() - 1000,
    attempts: 0,
    ...fields,
  } as const;
  tokens.push(...pair);
  sealed.push(job.sealed);
  return job;
}

/** Adds a job and has it set aside as failed. */
async function addFailed(queue: RevocationQueue, fields: Partial<RevocationJob> = {}): Promise<RevocationJob> {
  const job = makeJob(fields);
  await queue.add(job);
  await queue.fail({ ...job, attempts: 9, cause: "notion_unavailable", failedAt: Date.now() - 60_000, ...fields });
  return job;
}

function expectNoSecrets({ output, errors }: Finished): void {
  for (const secret of [...tokens, ...sealed, credentials.clientSecret]) {
    expect(output + errors).not.toContain(secret);
  }
  expect(errors).not.toMatch(/\n\s+at /);
}

/** Runs `queue ...` on the queue and looks for secrets in what it says. */
async function run(location: readonly string[], args: string, more: Record<string, string> = {}): Promise<Finished> {
  const result = await finish(["queue", ...args.split(" "), ...location], { env: { ...env, ...more } });
  expectNoSecrets(result);
  return result;
}

const drain = () => `drain --base-url ${emulator.url}`;

interface Place {
  readonly queue: RevocationQueue;
  readonly location: readonly string[];
}

function suite(open: () => Promise<Place>): void {
  let queue: RevocationQueue;
  let location: readonly string[];
  beforeEach(async () => {
    ({ queue, location } = await open());
  });

  test("list and failed of an empty queue: exit code 0", async () => {
    expect(await run(location, "list")).toMatchObject({
      code: 0,
      output: expect.stringContaining("0 revocations wait"),
    });
    expect(await run(location, "failed")).toMatchObject({
      code: 0,
      output: expect.stringContaining("0 revocations failed"),
    });
  });

  test("list shows what waits and counts guards", async () => {
    const fresh = makeJob();
    const tried = makeJob({ attempts: 3, cause: "notion_rate_limited", dueAt: Date.now() + 125_000 });
    for (const job of [fresh, tried, makeJob({ kind: "expiry" })]) await queue.add(job);
    const { code, output } = await run(location, "list");
    expect(code).toBe(0);
    const [headings, first, second, ...rest] = output.trimEnd().split("\n");
    expect(headings).toMatch(/^ID +KIND +AGE +ATTEMPTS +CAUSE +NEXT TRY$/);
    expect(first).toMatch(new RegExp(`^${fresh.id}  revoke  1 h +0 +due$`));
    expect(second).toMatch(new RegExp(`^${tried.id}  revoke  1 h +3 +notion_rate_limited  in 2 min( \\d s)?$`));
    expect(rest.join(" ")).toMatch(/^2 revocations wait in .*\. 1 guard of live sessions not shown\.$/);
    const json = JSON.parse((await run(location, "list --json --limit 1")).output) as Record<string, unknown>;
    const { id, kind, connection, createdAt, dueAt, attempts } = fresh;
    const jobs = [{ id, kind, connection, createdAt, dueAt, attempts }];
    expect(json).toEqual({ queue: expect.any(String), waiting: 2, guards: 1, jobs });
  });

  test("failed shows what was given up, and retry puts it back", async () => {
    const [one, other] = [await addFailed(queue), await addFailed(queue)];
    const { code, output } = await run(location, "failed");
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`${one.id} +revoke +1 h +9 +notion_unavailable +1 min( \\d s)? ago`));
    expect(output).toContain("2 revocations failed");

    expect(await run(location, `retry ${one.id} r-nobody`)).toMatchObject({
      code: 1,
      output: "1 revocation put back, due now.\n",
      errors: expect.stringContaining("no job r-nobody"),
    });
    expect(JSON.parse((await run(location, "failed --json")).output)).toMatchObject({
      failed: 1,
      jobs: [{ id: other.id }],
    });
    expect(await run(location, "retry --all --json")).toMatchObject({
      code: 0,
      output: expect.stringContaining(other.id),
    });
    expect(await run(location, "failed")).toMatchObject({ code: 0 });
    expect(await queue.list("waiting")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: one.id, attempts: 0 }),
        expect.objectContaining({ id: other.id }),
      ]),
    );
  });

  test("drain revokes what waits, leaves guards and failed jobs, and ends", async () => {
    for (let i = 0; i < 40; i += 1) await queue.add(makeJob({ attempts: i % 3 }));
    await addFailed(queue);
    const guard = makeJob({ kind: "expiry" });
    await queue.add(guard);
    const { code, output, errors } = await run(location, drain());
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(/^40 revocations confirmed in .*, 0 left in /);
    expect(emulator.activeTokens()).toHaveLength(4);
    expect(await queue.list("waiting")).toEqual([
      expect.objectContaining({ id: guard.id, sealed: guard.sealed, attempts: 0 }),
    ]);
    expect(await queue.list("failed")).toHaveLength(1);
  });
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "queue-command-"));
  const { remove } = temporary(directory);
  onTestFinished(remove);
  return directory;
}

function openDirectory(): Place {
  const path = temporaryDirectory();
  return { queue: directoryQueue(path), location: ["--directory", path] };
}

describe("queue, with --directory", () => {
  suite(async () => openDirectory());

  test("what else lies in the directory is named, and left there", async () => {
    const path = temporaryDirectory();
    writeFileSync(join(path, "notes.txt"), "");
    const { code, errors } = await run(["--directory", path], "list");
    expect(code).toBe(0);
    expect(errors).toContain("Not part of the queue: notes.txt\n");
    expect(readdirSync(path)).toContain("notes.txt");
  });
});

describeWithService("redis", "queue, with --redis", () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let queues = 0;
  beforeAll(async () => {
    redis = await startRedis({ args: "--user app on >redis-password ~* &* +@all".split(" ") });
  }, 20_000);
  afterAll(() => redis.close());
  const url = () => `redis://app:redis-password@127.0.0.1:${redis.port}`;

  suite(async () => {
    queues += 1;
    const name = `queue-${queues}`;
    const queue = bullmqQueue({ connection: url(), name, prefix: "app" });
    onTestFinished(() => queue.close());
    return { queue, location: ["--redis", url(), "--name", name, "--prefix", "app"] };
  });

  test("the URL can be in the environment, and its password is never shown", async () => {
    const { code, output } = await run([], "list", { NOTION_OAUTH_QUEUE: url() });
    expect(code).toBe(0);
    expect(output).toContain(`redis://127.0.0.1:${redis.port}`);
    expect(output).not.toContain("redis-password");
    const wrong = await run([], "list", { NOTION_OAUTH_QUEUE: url().replace("redis-password", "wrong-password") });
    expect(wrong.code).toBe(1);
    expect(wrong.errors).toMatch(/does not work: .*(WRONGPASS|NOAUTH)/);
    expect(wrong.errors).not.toContain("wrong-password");
  });

  test("a server that swallows commands: gives up after --timeout", async () => {
    redis.pause();
    const { code, errors } = await run(["--redis", url()], "list --timeout 1s").finally(() => redis.resume());
    expect(code).toBe(1);
    expect(errors).toMatch(/does not work/);
  });
});

describeWithService("postgres", "queue, with --postgres", () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let queues = 0;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.close());

  test("a database without BullMQ's tables: says what to do", async () => {
    const { code, errors } = await run(["--postgres", postgres.url], "list");
    expect(code).toBe(1);
    expect(errors).toContain("runMigrations");
  });

  suite(async () => {
    queues += 1;
    const name = `queue-${queues}`;
    const queue = bullmqQueue({ connection: postgres.url, name, schema: "app", migrate: true });
    onTestFinished(() => queue.close());
    await queue.nextDueAt?.();
    return { queue, location: ["--postgres", postgres.url, "--name", name, "--schema", "app"] };
  });
});

describe("queue drain", () => {
  test("Notion is down: works until --timeout, tells how far it is, keeps everything", async () => {
    const { queue, location } = openDirectory();
    for (let i = 0; i < 3; i += 1) await queue.add(makeJob());
    emulator.down({ status: 503 });
    const { code, output, errors } = await run(location, `${drain()} --timeout 1s --progress 300ms --json`);
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      ended: "timeout",
      revoked: 0,
      alreadyInvalid: 0,
      left: 3,
      lastFailure: "notion_unavailable",
    });
    expect(errors).toMatch(/^0 revocations confirmed in .*, 3 left, 0\/s; last failure: notion_unavailable$/m);
    expect(await queue.list("waiting")).toHaveLength(3);
  });

  test("never gives up, however old a revocation is", async () => {
    const { queue, location } = openDirectory();
    await queue.add(makeJob({ createdAt: 1 }));
    emulator.down({ status: 503 });
    expect(await run(location, `${drain()} --timeout 1s`)).toMatchObject({ code: 1 });
    expect(await queue.list("failed")).toEqual([]);
  });

  test("waits for the next try of a job; with --now it does not", async () => {
    const { queue, location } = openDirectory();
    const tried = makeJob({ attempts: 2, dueAt: Date.now() + 600_000 });
    await queue.add(tried);
    expect(await run(location, `${drain()} --timeout 500ms`)).toMatchObject({ code: 1 });
    expect(await queue.list("waiting")).toEqual([tried]);
    expect(await run(location, `${drain()} --now`)).toMatchObject({ code: 0 });
    expect(await queue.list("waiting")).toEqual([]);
  });

  test("tokens that were dead already are counted apart", async () => {
    const { queue, location } = openDirectory();
    emulator.configure({ revokeUnknown: 400 });
    await queue.add(makeJob());
    emulator.endUserDisconnect(emulator.activeTokens()[0]?.botId ?? "");
    expect((await run(location, drain())).output).toContain("1 revocation confirmed (1 dead already)");
  });

  test("wrong client credentials: stops, and leaves the jobs as they were", async () => {
    const { queue, location } = openDirectory();
    const secret = "secret of the app";
    const jobs = Array.from({ length: 20 }, () => makeJob({ attempts: 1, cause: "invalid_client" }, secret));
    for (const job of jobs) await queue.add(job);
    const { code, errors } = await run(location, drain(), {
      NOTION_CLIENT_SECRET: "wrong",
      NOTION_OAUTH_SECRET: secret,
    });
    expect(code).toBe(1);
    expect(errors).toContain("does not accept NOTION_CLIENT_ID");
    const left = await queue.list("waiting");
    expect(left.map(({ attempts, dueAt }) => attempts === 1 && dueAt < Date.now())).toEqual(jobs.map(() => true));
  });

  test("a secret that does not open the jobs: none fails, and the right list of secrets drains them", async () => {
    const { queue, location } = openDirectory();
    await queue.add(makeJob({}, "the old secret"));
    await queue.add(makeJob({}, "the new secret"));
    const secrets = { NOTION_OAUTH_SECRET: "the new secret" };
    const partly = await run(location, drain(), secrets);
    expect(partly).toMatchObject({ code: 1, output: expect.stringMatching(/^1 revocation confirmed in .*, 1 left/) });
    expect(partly.errors).toMatch(/^1 revocation did not open: .*not in NOTION_OAUTH_SECRET. Put back.\n$/);
    expect(await queue.list("failed")).toEqual([]);
    const [left] = await queue.list("waiting");
    expect(left).toMatchObject({ attempts: 0 });

    await queue.reschedule({ ...left!, dueAt: Date.now() });
    const both = { NOTION_OAUTH_SECRET: "the new secret\nthe old secret\n" };
    expect(await run(location, drain(), both)).toMatchObject({ code: 0 });
    expect(emulator.activeTokens()).toEqual([]);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s: gives its leases back and ends", async (signal) => {
    const { queue, location } = openDirectory();
    for (let i = 0; i < 12; i += 1) await queue.add(makeJob());
    emulator.fault("revoke", { hang: true });
    const draining: Run = start(["queue", ...drain().split(" "), ...location], { env });
    await eventually(() => emulator.count("revoke") >= 8);
    draining.child.kill(signal);
    const result = await ended(draining);
    expectNoSecrets(result);
    expect(result).toMatchObject({ code: 1, errors: expect.stringContaining("back in the queue") });
    expect(await queue.take(100, 1000)).toHaveLength(12);
  });

  test("goes on while other processes add jobs", async () => {
    const { queue, location } = openDirectory();
    for (let i = 0; i < 5; i += 1) await queue.add(makeJob());
    emulator.fault("revoke", { delay: 300 });
    const draining = start(["queue", ...drain().split(" "), ...location], { env });
    await eventually(() => emulator.count("revoke") > 0);
    for (let i = 0; i < 5; i += 1) await queue.add(makeJob());
    expect(await ended(draining)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^10 revocations confirmed/),
    });
    expect(emulator.activeTokens()).toEqual([]);
  });
});

describe("queue", () => {
  test("--help explains its commands", async () => {
    for (const args of [
      ["queue", "--help"],
      ["queue", "help"],
      ["queue", "drain", "-h"],
    ]) {
      expect(await finish(args)).toMatchObject({ code: 0, output: expect.stringContaining("NOTION_CLIENT_SECRET") });
    }
  });

  test.each([
    ["", "Say what to do"],
    ["lost --directory .", "lost"],
    ["list", "NOTION_OAUTH_QUEUE"],
    ["list --directory /does/not/exist", "/does/not/exist"],
    ["list --directory package.json", "package.json"],
    ["list --directory . --redis redis://127.0.0.1", "--redis"],
    ["list --directory . --name other", "--name"],
    ["list --redis 127.0.0.1:6379", "redis://"],
    ["list --redis postgres://127.0.0.1/db", "redis://"],
    ["list --postgres mysql://127.0.0.1/db", "postgres://"],
    ["list --redis redis://127.0.0.1:1 --name a:b", "name"],
    ["list --redis redis://127.0.0.1:1 --schema x", "--schema"],
    ["list something --directory .", "something"],
    ["list --directory . --limit 0", "--limit"],
    ["list --directory . --timeout soon", "--timeout"],
    ["list --directory . --timeout 0", "--timeout"],
    ["retry --directory .", "--all"],
    ["retry --all r-1 --directory .", "--all"],
    ["retry ../../etc/passwd --directory .", "not the id"],
    ["drain --directory . --client-secret x", "--client-secret"],
    ["drain --directory .", "NOTION_CLIENT_ID"],
  ])("queue %s: exit code 2 and a sentence", async (args, name) => {
    const { code, errors, output } = await finish(["queue", ...args.split(" ").filter((arg) => arg !== "")]);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain(name);
    expect(errors).toContain("--help");
    expect(errors).not.toMatch(/\n\s+at /);
  });

  test.each([
    [{ NOTION_CLIENT_SECRET: "" }, "--progress 1s", "NOTION_CLIENT_SECRET"],
    [{ NOTION_CLIENT_ID: "with:colon" }, "--progress 1s", "NOTION_CLIENT_ID"],
    [{}, "--base-url http://notion.example.com", "--base-url"],
  ])("drain with %j %s: exit code 2", async (more, flags, name) => {
    const { location } = openDirectory();
    const { code, errors } = await run(location, `drain ${flags}`, more);
    expect(code).toBe(2);
    expect(errors).toContain(name);
  });

  test("a server that is not there: exit code 1, at once", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    for (const [flag, url] of [
      ["--redis", `redis://:hidden-word@127.0.0.1:${port}`],
      ["--postgres", `postgres://me:hidden-word@127.0.0.1:${port}/db`],
    ] as const) {
      const { code, errors } = await run([flag, url], "list");
      expect(code).toBe(1);
      expect(errors).toContain("ECONNREFUSED");
      expect(errors).not.toContain("hidden-word");
    }
  });

  test("bullmq is not installed: says so, and --directory works without it", async () => {
    const directory = temporaryDirectory();
    cpSync(`${root}dist`, join(directory, "dist"), { recursive: true });
    cpSync(`${root}package.json`, join(directory, "package.json"));
    const program = join(directory, "dist/cli/main.js");
    const lonely = await finish(["queue", "list", "--redis", "redis://127.0.0.1:1"], { program });
    expect(lonely).toMatchObject({ code: 1, errors: expect.stringContaining("npm install bullmq") });
    expect(await finish(["queue", "list", "--directory", openDirectory().location[1]!], { program })).toMatchObject({
      code: 0,
    });
  });

  test.runIf(process.getuid?.() === 0)("refuses to write as root into the directory of somebody else", async () => {
    const { location } = openDirectory();
    chownSync(location[1]!, 4711, 4711);
    const { code, errors } = await run(location, "list");
    expect(code).toBe(2);
    expect(errors).toContain("user 4711");
  });

  test("text in a damaged queue cannot command the terminal, and fields nobody knows are not shown", async () => {
    const { queue, location } = openDirectory();
    await queue.add({
      ...makeJob({ attempts: 1, cause: "\x1b]0;owned\x07\n" }),
      note: "a foreign field",
    } as RevocationJob);
    for (const args of ["list", "list --json"]) {
      const { output } = await run(location, args);
      expect(output).toContain("?]0;owned??");
      expect(output).not.toContain("foreign");
    }
  });

  test.each(["list", "drain"])("%s: a reader that leaves early is no error", async (command) => {
    const args = command === "drain" ? drain() : command;
    const { queue, location } = openDirectory();
    await queue.add(makeJob());
    const running = start(["queue", ...args.split(" "), ...location], { env });
    running.child.stdout?.destroy();
    const { code, errors } = await ended(running);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(await queue.list("waiting")).toHaveLength(command === "list" ? 1 : 0);
  });

  test.runIf(existsSync("/dev/full"))("output that cannot be written: exit code 1 and a sentence", async () => {
    const { location } = openDirectory();
    const full = openSync("/dev/full", "w");
    onTestFinished(() => closeSync(full));
    const { code, errors } = await ended(start(["queue", "list", ...location], { output: full }));
    expect({ code, errors }).toEqual({
      code: 1,
      errors: "express-notion-oauth: the output cannot be written: ENOSPC\n",
    });
  });

  test("leaves nothing on the disk once a directory is drained", async () => {
    const { queue, location } = openDirectory();
    await queue.add(makeJob());
    await run(location, drain());
    const files = readdirSync(location[1]!, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files).toEqual([]);
  });
});
