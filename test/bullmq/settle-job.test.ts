import type { IQueueBackend } from "bullmq";
import { expect, test } from "vitest";
import type { Attempt } from "../../src/bullmq/deadline.js";
import { cancelJob } from "../../src/bullmq/settle-job.js";
import { job } from "./support/jobs.js";

/** A backend that notes what is asked of it, and a caller that may give up in between. */
function setUp(giveUpAt?: string) {
  const asked: string[] = [];
  const attempt: Attempt = { abandoned: giveUpAt === "before", halfTime: Number.POSITIVE_INFINITY };
  const answer =
    <T>(name: string, value: T) =>
    async (): Promise<T> => {
      asked.push(name);
      if (name === giveUpAt) attempt.abandoned = true;
      return value;
    };
  const backend = {
    addLog: answer("addLog", 1),
    remove: answer("remove", 1),
    addJob: answer("addJob", "job-a"),
    getState: answer("getState", "waiting"),
    clearLogs: answer("clearLogs", undefined),
  } as unknown as IQueueBackend;
  return { asked, cancel: () => cancelJob(backend, attempt, job("a")) };
}

test("a cancel erases the job", async () => {
  const { asked, cancel } = setUp();
  expect(await cancel()).toBe(true);
  expect(asked).toEqual(["addLog", "remove"]);
});

test("a cancel that nobody waits for any more does not begin", async () => {
  const { asked, cancel } = setUp("before");
  expect(await cancel()).toBe(false);
  expect(asked).toEqual([]);
});

test("a job that was erased after its caller had been told that it could not be is put back", async () => {
  const { asked, cancel } = setUp("remove");
  await cancel();
  expect(asked.slice(0, 3)).toEqual(["addLog", "remove", "addJob"]);
});
