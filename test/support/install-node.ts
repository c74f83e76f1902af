import { readdirSync } from "node:fs";
import { join } from "node:path";
import { npm } from "../package/support/consumer.js";
import { oncePerRun } from "./once-per-run.js";
import { runOk } from "./run.js";

/** Another version of Node, from the packages behind the npm package `node`, whose install script would only copy it. */
export function installNode(
  version: string,
): Promise<{ version: string; path: string; unavailable: string | undefined }> {
  return oncePerRun(`node-${version}`, async (directory) => {
    const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
    const failure = await npm(directory, "pack", `${name}@${version}`);
    const path = join(directory, "package/bin/node");
    // The rest of the package is headers and npm, in thousands of files.
    if (failure === undefined)
      await runOk("tar", ["-xzf", readdirSync(directory).join(), "package/bin/node"], directory);
    return { version, path, unavailable: failure && `Node ${version} cannot be installed: ${failure.unavailable}` };
  });
}
