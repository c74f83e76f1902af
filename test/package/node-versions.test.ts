import { describe, expect, test } from "vitest";
import { installNode } from "../support/install-node.js";
import { describeWithConsumer } from "./support/consumer.js";
import { load } from "./support/load.js";
import { run } from "../support/run.js";
import { entries } from "./support/tarball.js";

/** The oldest that `engines` allows, and the long-term ones since. */
const versions = ["20.19.0", "22", "24"];

const nodes = await Promise.all(versions.map(installNode));

for (const { version, path, unavailable } of nodes) {
  await describeWithConsumer(
    "full",
    `on Node ${version}`,
    ({ directory }) => {
      test("the right version runs", async () => {
        expect((await run(path, ["--version"], directory)).stdout).toMatch(new RegExp(`^v${version}\\b`));
      });

      describe.each(entries)("$specifier", ({ specifier }) => {
        test.each(["import", "require"] as const)("loads by %s", async (loader) => {
          const [here, there] = await Promise.all([
            load(loader, specifier, directory),
            load(loader, specifier, directory, path),
          ]);
          expect(there.status, there.stderr).toBe(0);
          expect(there.stdout).toBe(here.stdout);
        });
      });
    },
    unavailable,
  );
}
