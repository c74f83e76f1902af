import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { newPath } from "./databases.mjs";

/** What seals tokens is not exported, and entries that a worker revokes have to be real ones. @returns the path of a module */
export async function buildInternals() {
  const file = `${newPath("internals")}.mjs`;
  await build({
    input: fileURLToPath(new URL("processes/internals.mjs", import.meta.url)),
    platform: "node",
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    output: { file },
    logLevel: "silent",
  });
  return file;
}
