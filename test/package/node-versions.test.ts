import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { oncePerRun } from "../support/once-per-run.js";
import { describeUnless } from "../support/services.js";
import { describeWithConsumer, npmInstall } from "./support/consumer.js";
import { load } from "./support/load.js";
import { run } from "../support/run.js";
import { entries } from "./support/tarball.js";

/** The oldest that `engines` allows, and the long-term ones since. */
const versions = ["20.19.0", "22", "24"];

const nodes = await Promise.all(versions.map(installNode));

for (const { version, path, unavailable } of nodes) {
  await describeWithConsumer("full", `on Node ${version}`, ({ directory }) => {
    describeUnless(unavailable, "every entry", () => {
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
    });
  });
}

/** From the packages behind the npm package `node`, whose install script would only copy it. */
function installNode(version: string): Promise<{ version: string; path: string; unavailable: string | undefined }> {
  return oncePerRun(`node-${version}`, async (directory) => {
    const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
    const failure = await npmInstall(directory, [`${name}@${version}`]);
    const path = join(directory, "node_modules", name, "bin", "node");
    return { version, path, unavailable: failure && `Node ${version} cannot be installed: ${failure.unavailable}` };
  });
}
