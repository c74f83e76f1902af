import { accessSync, constants, type Stats, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** The user whom a file belongs to, when that is not who runs this. SQLite makes files beside it, and those of one user may be closed to the other. */
export function otherOwner({ uid }: Pick<Stats, "uid">): number | undefined {
  const we = process.getuid?.();
  return we === undefined || we === uid ? undefined : uid;
}

/** The file and those that SQLite keeps beside it, as far as they are there. */
export function filesOf(path: string): string[] {
  return [path, `${path}-wal`, `${path}-shm`];
}

/** The permissions of a file; undefined when there is none. */
export function modeOf(file: string): number | undefined {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  return mode === undefined ? undefined : mode & 0o777;
}

/** Whether anybody but its owner may do anything with a file. */
export function isOpenToOthers(mode: number): boolean {
  return process.platform !== "win32" && (mode & 0o077) !== 0;
}

export function isFolderWritable(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** File systems by their numbers on Linux, in hexadecimal. https://man7.org/linux/man-pages/man2/statfs.2.html */
const systems = {
  network: ["6969", "517b", "ff534d42", "fe534d42"], // NFS, SMB, CIFS, SMB 2
  memory: ["1021994", "858458f6"], // tmpfs, ramfs
} as const;

/** What kind of file system a path is on, where that is known and matters. */
export function fileSystemOf(path: string): "network" | "memory" | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const type = (statfsSync(dirname(path)).type >>> 0).toString(16);
    return (["network", "memory"] as const).find((kind) => systems[kind].some((one) => one === type));
  } catch {
    return undefined;
  }
}
