import { join } from "node:path";
import { npmInstall } from "../package/support/consumer.js";
import { oncePerRun } from "./once-per-run.js";

/** Another version of Node, from the packages behind the npm package `node`, whose install script would only copy it. */
export function installNode(
  version: string,
): Promise<{ version: string; path: string; unavailable: string | undefined }> {
  return oncePerRun(`node-${version}`, async (directory) => {
    const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
    const failure = await npmInstall(directory, [`${name}@${version}`]);
    const path = join(directory, "node_modules", name, "bin", "node");
    return { version, path, unavailable: failure && `Node ${version} cannot be installed: ${failure.unavailable}` };
  });
}
