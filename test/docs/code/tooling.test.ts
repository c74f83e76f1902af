import { expect } from "vitest";
import { describeSamples } from "../support/samples.js";

describeSamples("docs/tooling.md", {
  // test/package/tools.test.ts runs jest with it.
  jest: (code) => expect(code).toContain("transformIgnorePatterns"),
});
