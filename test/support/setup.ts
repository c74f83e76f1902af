import { aroundEach } from "vitest";
import { currentTest } from "./on-test-finished.js";

// Runs before every test file but those of the crash labs: an AsyncLocalStorage makes every promise dearer, and they make many.
aroundEach((runTest, { onTestFinished }) => currentTest.run({ onTestFinished }, runTest));
