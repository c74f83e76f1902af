import { beforeAll, expect, test } from "vitest";
import { installNode } from "../support/install-node.js";
import { describeWithConsumer } from "./support/consumer.js";
import { load } from "./support/load.js";
import { run } from "../support/run.js";
import { entries } from "./support/tarball.js";

/** The oldest that `engines` allows, and the long-term ones since. */
const versions = ["20.19.0", "22", "24"];

const nodes = await Promise.all(versions.map(installNode));
const specifiers = entries.map(({ specifier }) => specifier);

for (const { version, path, unavailable } of nodes) {
  await describeWithConsumer(
    "full",
    `on Node ${version}`,
    ({ directory }) => {
      let here: string;
      beforeAll(async () => {
        here = (await load("import", specifiers, directory)).stdout;
      });

      test("the right version runs", async () => {
        expect((await run(path, ["--version"], directory)).stdout).toMatch(new RegExp(`^v${version}\\b`));
      });

      test.each(["import", "require"] as const)("every entry brings by %s what it brings here", async (loader) => {
        const there = await load(loader, specifiers, directory, path);
        expect(there.status, there.stderr).toBe(0);
        expect(Object.keys(JSON.parse(there.stdout))).toEqual(specifiers);
        expect(there.stdout).toBe(here);
      });
    },
    unavailable,
  );
}
