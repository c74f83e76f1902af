import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { bullmqQueue } from "../../src/bullmq/index.js";
import type { RevocationQueue } from "../../src/revocation/queue.js";
import { describeWithService, startPostgres, startRedis } from "../support/services.js";
import { job } from "./support/jobs.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
let compiled: string;

beforeAll(() => {
  // Inside the repository, where Node finds the packages it imports.
  mkdirSync(join(root, "tmp"), { recursive: true });
  compiled = mkdtempSync(join(root, "tmp", "bullmq-"));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(
    process.execPath,
    [tsc, "-p", "tsconfig.build.json", "--noCheck", "--outDir", compiled],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  expect(status, stdout).toBe(0);
});
afterAll(() => rmSync(compiled, { recursive: true, force: true }));

for (const service of ["redis", "postgres"] as const) {
  describeWithService(service, `bullmqQueue shared by processes, on ${service}`, () => {
    let server: { readonly url: string; close(): Promise<void> };
    let queue: RevocationQueue;
    const children = new Set<ChildProcess>();

    beforeAll(async () => {
      server = service === "redis" ? await startRedis() : await startPostgres();
    });
    afterEach(async () => {
      for (const child of children) child.kill("SIGKILL");
      await queue.close();
    });
    afterAll(() => server.close());

    async function open(name: string): Promise<void> {
      const migrate = service === "postgres" ? { migrate: true } : {};
      queue = bullmqQueue({ connection: server.url, name, timeout: 10_000, ...migrate });
      await queue.list("waiting");
    }

    /** @returns the lines it printed so far */
    function start(name: string, what: string, argument = ""): { child: ChildProcess; lines: string[] } {
      const script = fileURLToPath(new URL("fixtures/process.mjs", import.meta.url));
      const child = spawn(process.execPath, [script, compiled, server.url, name, what, argument], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      children.add(child);
      const lines: string[] = [];
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => lines.push(line));
      return { child, lines };
    }

    async function until(condition: () => boolean | Promise<boolean>, within = 40_000): Promise<void> {
      const giveUpAt = Date.now() + within;
      while (!(await condition())) {
        expect(Date.now()).toBeLessThan(giveUpAt);
        await sleep(20);
      }
    }

    test("the jobs of a killed worker come back when its leases end, and not before", async () => {
      await open("killed");
      for (let i = 0; i < 5; i += 1) await queue.add(job(`j${i}`));
      const lease = 3000;
      const { child, lines } = start("killed", "hold", String(lease));
      await until(() => lines.length === 6);
      // The leases began after this time.
      const held = Number(lines.at(-1)?.split(" ")[1]);
      child.kill("SIGKILL");
      await once(child, "exit");
      expect(await queue.take(5, 10_000)).toEqual([]);

      const again: string[] = [];
      await until(async () => {
        const leased = await queue.take(5, 10_000);
        if (leased.length > 0) expect(Date.now() - held).toBeGreaterThanOrEqual(lease);
        again.push(...leased.map((one) => one.job.id));
        return again.length === 5;
      });
      expect(Date.now() - held).toBeLessThan(lease + 10_000);
      expect(again.sort()).toEqual(["j0", "j1", "j2", "j3", "j4"]);
    });

    test("everything two producers add is done, while workers are killed again and again", async () => {
      await open("crowd");
      const producers = [start("crowd", "produce", "a:60"), start("crowd", "produce", "b:60")];
      const workers = [start("crowd", "work"), start("crowd", "work")];
      for (let kills = 0; kills < 3; kills += 1) {
        const victim = workers.at(-1);
        await until(() => (victim?.lines.length ?? 0) > 5 || kills === 2);
        victim?.child.kill("SIGKILL");
        workers.push(start("crowd", "work"));
      }
      await until(() => producers.every(({ child }) => child.exitCode === 0));
      await until(async () => (await queue.list("waiting")).length === 0);
      expect(producers.flatMap(({ lines }) => lines)).toHaveLength(120);
      expect(await queue.list("failed")).toEqual([]);
    });
  });
}
