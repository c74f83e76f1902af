import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { VaultFinding } from "../vault/vault.js";
import { filesOf, fileSystemOf, isFolderWritable, isOpenToOthers, modeOf, otherOwner } from "./file-access.js";

/** What can be seen of a file from outside, without opening it. */
export function inspectFile(path: string): VaultFinding[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  return [...(stats === undefined ? [notThere(path)] : access(path, otherOwner(stats))), ...folder(path)];
}

function notThere(path: string): VaultFinding {
  return {
    status: "warning",
    message: `There is no file ${path} yet. The vault makes it when it is first used.`,
    advice: "If the app has run before, look whether this is the right path.",
  };
}

function access(path: string, owner: number | undefined): VaultFinding[] {
  const open = filesOf(path).filter((file) => isOpenToOthers(modeOf(file) ?? 0));
  const findings: VaultFinding[] = open.map((file) => ({
    status: "problem",
    message: `${file} is open to other users of this machine: its mode is ${octal(modeOf(file))}, and should be 0600.`,
    advice: `Run \`chmod 600 ${file}\`, or start the app: its vault does that to what belongs to its user.`,
  }));
  if (owner !== undefined)
    findings.push({
      status: "warning",
      message: `${path} belongs to user ${owner}, and this runs as user ${process.getuid?.()}: so it was not opened.`,
      advice: "Run this as the user that the app runs as.",
    });
  if (findings.length > 0) return findings;
  return [{ status: "ok", message: `Only its owner may read ${path}: its mode is ${octal(modeOf(path))}.` }];
}

function octal(mode = 0): string {
  return mode.toString(8).padStart(4, "0");
}

function folder(path: string): VaultFinding[] {
  const findings: VaultFinding[] = [];
  if (!isFolderWritable(path))
    findings.push({
      status: "problem",
      message: `This user may not write to the folder ${dirname(path)}: SQLite has to make files beside the database.`,
      advice: "Give the folder to the user that the app runs as.",
    });
  const system = fileSystemOf(path);
  if (system === "network")
    findings.push({
      status: "problem",
      message: `${path} is on a network file system, where SQLite's locks do not hold.`,
      advice: "Put it on a local disk, or use `postgresVault` or `redisVault`.",
    });
  if (system === "memory")
    findings.push({
      status: "warning",
      message: `${path} is on a file system in memory: a restart of the machine or container loses it.`,
      advice: "Put it on a disk.",
    });
  return findings;
}
