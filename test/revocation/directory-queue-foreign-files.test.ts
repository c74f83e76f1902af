import { execFileSync } from "node:child_process";
import { mkdir, readFile, rename, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { shardOf } from "../../src/revocation/directory/job-name.js";
import { filesIn, job, openQueue, plant, temporaryDirectory, waitingName } from "./support/directory.js";

const good = JSON.stringify(job("bad"));

const unreadable: [string, string][] = [
  ["torn", good.slice(0, 60)],
  ["empty", ""],
  ["full of zeros, as after a power failure", "\0".repeat(300)],
  ["of an older version", JSON.stringify({ ...job("bad"), v: 0 })],
  ["of a newer version", JSON.stringify({ ...job("bad"), v: 2, sealed: ["new"] })],
  ["of the wrong shape", JSON.stringify({ ...job("bad"), dueAt: "soon" })],
  ["without its sealed tokens", JSON.stringify({ ...job("bad"), sealed: undefined })],
  ["not an object", '"text"'],
  ["null", "null"],
  ["of another job", JSON.stringify(job("other"))],
  ["oversized", `${good}${" ".repeat(1024 * 1024)}`],
];

describe("directoryQueue: a job file that is", () => {
  for (const [what, content] of unreadable) {
    test(`${what} is set aside, kept as it was, and reported once; the others go on`, async () => {
      const path = await temporaryDirectory();
      const queue = openQueue(path);
      plant(path, "bad", waitingName("bad"), content);
      await queue.add(job("fine"));
      expect((await queue.take(10, 60_000)).map((taken) => taken.job.id)).toEqual(["fine"]);
      await queue.acknowledge("fine");
      for (const state of ["waiting", "failed"] as const) await queue.list(state);
      expect(await queue.take(10, 60_000)).toEqual([]);
      expect(await queue.get("bad")).toBeUndefined();
      expect(queue.problems.map(({ code, job: id }) => ({ code, id }))).toEqual([
        { code: "unreadable_job", id: "bad" },
      ]);
      const [kept] = (await filesIn(path)).filter((file) => file.startsWith("set-aside/bad."));
      expect(await readFile(join(path, kept!), "utf8")).toBe(content);
    });
  }

  test("torn can be put back in order by an operator", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    plant(path, "bad", waitingName("bad"), good.slice(0, 60));
    await queue.list("waiting");
    await writeFile(join(path, "waiting", shardOf("bad"), waitingName("bad")), good);
    expect((await queue.take(1, 60_000)).map((taken) => taken.job.id)).toEqual(["bad"]);
  });

  test("torn does not stop the same job from being added again", async () => {
    const path = await temporaryDirectory();
    const queue = openQueue(path);
    await queue.add(job("bad"));
    const [file] = await filesIn(path);
    await truncate(join(path, file!), 10);
    await queue.add(job("bad", { sealed: "again" }));
    expect((await queue.get("bad"))?.sealed).toBe("again");
    const other = openQueue(path);
    plant(path, "bad2", waitingName("bad2", 1000), "{");
    await other.add(job("bad2"));
    expect(await other.get("bad2")).toMatchObject({ id: "bad2" });
    expect((await queue.take(10, 60_000)).map((taken) => taken.job.id).sort()).toEqual(["bad", "bad2"]);
  });

  test("failed and torn is set aside by list, get and reschedule", async () => {
    const path = await temporaryDirectory();
    await mkdir(join(path, "failed"), { recursive: true });
    const queue = openQueue(path);
    for (const id of ["a", "b", "c"]) await writeFile(join(path, "failed", `${id}.json`), "{");
    expect(await queue.get("a")).toBeUndefined();
    await queue.reschedule(job("b"));
    expect(await queue.list("failed")).toEqual([]);
    expect(queue.problems.map(({ code, job: id }) => `${code} ${id}`).sort()).toEqual([
      "unreadable_job a",
      "unreadable_job b",
      "unreadable_job c",
    ]);
    expect(await filesIn(path)).toHaveLength(3);
  });
});

describe("directoryQueue: among the jobs", () => {
  test.each([
    "README.txt",
    "job.json",
    waitingName("bad").replace(".job", ".job.bak"),
    "bad.-5.0.AAAAAAAAAAA.job",
    "bad.1e3.0.AAAAAAAAAAA.job",
    `${"x".repeat(65)}.1000.0.AAAAAAAAAAA.job`,
    "x".repeat(255),
    "é".repeat(127),
    "with\nnewline",
    `1700000000000.${"A".repeat(22)}.tmp.old`,
    ".hidden",
  ])("a foreign file %j is set aside and reported once", async (name) => {
    const path = await temporaryDirectory();
    plant(path, "bad", name, "foreign");
    const queue = openQueue(path);
    expect(await queue.take(10, 60_000)).toEqual([]);
    expect(await queue.take(10, 60_000)).toEqual([]);
    expect(queue.problems).toEqual([{ code: "foreign_file", job: name }]);
    const files = await filesIn(path);
    expect(files).toEqual([expect.stringMatching(/^set-aside\//)]);
    expect(await readFile(join(path, files[0]!), "utf8")).toBe("foreign");
  });

  test("a job in the wrong shard is foreign: nobody would find it by its id", async () => {
    const path = await temporaryDirectory();
    plant(path, "another", waitingName("bad"), good);
    expect(shardOf("another")).not.toBe(shardOf("bad"));
    const queue = openQueue(path);
    expect(await queue.take(10, 60_000)).toEqual([]);
    expect(queue.problems.map(({ code }) => code)).toEqual(["foreign_file"]);
  });

  test("folders, links and pipes with the name of a job are set aside, and links not followed", async () => {
    const path = await temporaryDirectory();
    const outside = join(await temporaryDirectory(), "outside");
    await writeFile(outside, JSON.stringify(job("link")));
    const folder = (id: string) => join(path, "waiting", shardOf(id));
    for (const id of ["folder", "link", "pipe", "dangling"]) await mkdir(folder(id), { recursive: true });
    await mkdir(join(folder("folder"), waitingName("folder"), "inside"), { recursive: true });
    await symlink(outside, join(folder("link"), waitingName("link")));
    await symlink(`${outside}-missing`, join(folder("dangling"), waitingName("dangling")));
    execFileSync("mkfifo", [join(folder("pipe"), waitingName("pipe"))]);
    const queue = openQueue(path);
    await queue.add(job("fine"));
    expect((await queue.take(10, 60_000)).map((taken) => taken.job.id)).toEqual(["fine"]);
    expect(queue.problems.map(({ code, job: id }) => `${code} ${id}`).sort()).toEqual([
      "unreadable_job dangling",
      "unreadable_job folder",
      "unreadable_job link",
      "unreadable_job pipe",
    ]);
    expect(await readFile(outside, "utf8")).toBe(
      JSON.stringify(job("link", JSON.parse(await readFile(outside, "utf8")))),
    );
  });

  test("a file where a shard should be, and a folder that is no shard, are set aside", async () => {
    const path = await temporaryDirectory();
    await mkdir(join(path, "waiting", "lost+found"), { recursive: true });
    await writeFile(join(path, "waiting", shardOf("fine")), "a file");
    const queue = openQueue(path);
    expect(await queue.take(1, 60_000)).toEqual([]);
    await queue.add(job("fine"));
    expect((await queue.take(1, 60_000)).map((taken) => taken.job.id)).toEqual(["fine"]);
    expect(queue.problems.map(({ job: name }) => name).sort()).toEqual([shardOf("fine"), "lost+found"].sort());
  });

  test("what lies beside the queue's own folders is reported once and left alone", async () => {
    const path = await temporaryDirectory();
    await writeFile(join(path, "package.json"), "{}");
    const queue = openQueue(path);
    await queue.list("waiting");
    await queue.list("waiting");
    expect(queue.problems).toEqual([{ code: "foreign_file", job: "package.json" }]);
    expect(await filesIn(path)).toEqual(["package.json"]);
  });

  test("foreign files among the failed jobs are set aside", async () => {
    const path = await temporaryDirectory();
    await mkdir(join(path, "failed"));
    await writeFile(join(path, "failed", "notes.txt"), "notes");
    const queue = openQueue(path);
    expect(await queue.list("failed")).toEqual([]);
    expect(queue.problems).toEqual([{ code: "foreign_file", job: "notes.txt" }]);
    expect(await filesIn(path)).toEqual([expect.stringMatching(/^set-aside\/notes\.txt\./)]);
  });
});

describe("directoryQueue: problems", () => {
  test("are kept until somebody listens, and a listener that throws stops nothing", async () => {
    const path = await temporaryDirectory();
    plant(path, "bad", waitingName("bad"), "{");
    const { problems, ...queue } = openQueue(path);
    const { directoryQueue } = await import("../../src/revocation/directory-queue.js");
    const silent = directoryQueue(path, { pollInterval: 20 });
    expect(await silent.take(1, 1000)).toEqual([]);
    const heard: string[] = [];
    silent.onProblem?.((problem) => heard.push(problem.code));
    expect(heard).toEqual(["unreadable_job"]);
    silent.onProblem?.(() => {
      throw new Error("listener");
    });
    plant(path, "bad", "foreign", "");
    expect(await silent.take(1, 1000)).toEqual([]);
    expect(await queue.take(1, 1000)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("never quote the file", async () => {
    const path = await temporaryDirectory();
    plant(path, "bad", waitingName("bad"), `{"sealed":"SECRET-SEALED-TEXT", oops`);
    const queue = openQueue(path);
    await queue.list("waiting");
    const [problem] = queue.problems;
    const cause = problem?.cause as Error;
    expect(`${cause.message} ${cause.stack} ${cause.cause}`).not.toContain("SECRET");
  });

  test("of a file that cannot be set aside are reported once, and the file is never handed out", async () => {
    const path = await temporaryDirectory();
    await writeFile(join(path, "set-aside"), "a file where the folder should be");
    plant(path, "bad", waitingName("bad"), "{");
    const queue = openQueue(path);
    let time = 0;
    for (let round = 0; round < 3; round += 1) {
      expect(await queue.take(5, 1)).toEqual([]);
      time += 5;
      await new Promise((resolve) => setTimeout(resolve, time));
    }
    expect(queue.problems.map(({ code }) => code)).toEqual(["unreadable_job"]);
    await rename(join(path, "set-aside"), join(path, "notes"));
  });
});
