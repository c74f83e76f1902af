import { AsyncLocalStorage } from "node:async_hooks";
import { onTestFinished as ofTheOnlyTest, type TestContext } from "vitest";

/** Set by test/support/setup.ts around each test, where tests may run side by side. */
export const currentTest = new AsyncLocalStorage<Pick<TestContext, "onTestFinished">>();

/** As vitest's own, which knows of one test at a time: this one can be called in `describe.concurrent`, too. */
export const onTestFinished: TestContext["onTestFinished"] = (...given) =>
  (currentTest.getStore()?.onTestFinished ?? ofTheOnlyTest)(...given);
