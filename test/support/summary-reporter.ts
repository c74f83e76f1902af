import type { SerializedError } from "vitest";
import {
  DefaultReporter,
  type TestCase,
  type TestModule,
  type TestRunEndReason,
  type TestSpecification,
  type TestSuite,
} from "vitest/node";
import { describeRun } from "./describe-run.js";

/** What this run is and finds, vitest's own report, then every skipped suite by name, then the plain line `N passed, N failed, N skipped`. */
export class SummaryReporter extends DefaultReporter {
  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    for (const line of describeRun(process.argv.slice(2))) this.log(line);
    super.onTestRunStart(specifications);
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, errors, reason);
    const { passed, failed, skipped } = count(modules, errors);
    const names = modules.flatMap((one) => skippedIn(one).map((name) => `${one.relativeModuleId} > ${name}`));
    // With `-t` everything that does not match is skipped, and nobody wants to read that.
    if (names.length > 0 && this.ctx.config.testNamePattern === undefined)
      this.log(["SKIPPED, and therefore not tested:", ...names.map((name) => `  ${name}`), ""].join("\n"));
    this.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}

/** Counts tests. What failed outside of a test (a file that does not load, a hook, an unhandled error) counts as one failure each. */
export function count(
  modules: readonly TestModule[],
  errors: readonly unknown[],
): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) counts[test.result().state] += 1;
    for (const suite of [module, ...module.children.allSuites()]) counts.failed += suite.errors().length > 0 ? 1 : 0;
  }
  return { passed: counts.passed, failed: counts.failed, skipped: counts.skipped + counts.pending };
}

/** The outermost suites of which no test ran, and the tests that did not run in suites that did. */
export function skippedIn(parent: TestModule | TestSuite): string[] {
  return [...parent.children].flatMap((child) => {
    if (child.type === "test") {
      const result = child.result();
      const note = result.state === "skipped" && result.note ? ` (${result.note})` : "";
      return hasRun(child) ? [] : [child.fullName + note];
    }
    const tests = [...child.children.allTests()];
    const isSkipped = tests.length > 0 && tests.every((test) => test.result().state === "skipped");
    return isSkipped
      ? [`${child.fullName}, ${tests.length} ${tests.length === 1 ? "test" : "tests"}`]
      : skippedIn(child);
  });
}

/** A test deep inside skipped suites stays pending. */
function hasRun(test: TestCase): boolean {
  const { state } = test.result();
  return state === "passed" || state === "failed";
}
