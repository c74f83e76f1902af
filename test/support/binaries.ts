import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The full path of the first of these programs that is installed. Servers may be where only root's PATH leads. */
export function findBinary(...names: readonly string[]): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(delimiter), ...postgresDirectories(), "/usr/sbin"];
  return names
    .flatMap((name) => directories.filter((directory) => directory !== "").map((directory) => join(directory, name)))
    .find(isExecutable);
}

/** As {@link findBinary}; throws when it is not installed. */
export function requireBinary(name: string): string {
  const path = findBinary(name);
  if (path === undefined) {
    throw new Error(`${name} is not installed.`);
  }
  return path;
}

/** Debian keeps the server's programs out of the PATH, one directory per version. The newest one first. */
function postgresDirectories(): string[] {
  const root = "/usr/lib/postgresql";
  try {
    return readdirSync(root)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(root, version, "bin"));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
