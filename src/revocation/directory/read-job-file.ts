import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { isRevocationJob } from "../is-revocation-job.js";
import type { RevocationJob } from "../job.js";
import { errorCode } from "./file-errors.js";

/** Larger files, in bytes, are not read. A job takes about 1 kB. */
export const maxJobSize = 1024 * 1024;

/** The file is there but is not a job this version can read, and reading it again will not help. */
export class UnreadableJobError extends Error {
  override readonly name = "UnreadableJobError";
}

/**
 * Reads the job with this id from a file.
 * Throws an {@link UnreadableJobError}, which never quotes the file, or the file system's error (`ENOENT` included).
 */
export async function readJobFile(path: string, id: string): Promise<RevocationJob> {
  const handle = await openFile(path);
  try {
    const job = parseJob(await readText(handle));
    if (job.id !== id) throw new UnreadableJobError("The file's name is not that of the job in it.");
    return job;
  } finally {
    await handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  // Never through a symbolic link, and without waiting for the other end of a pipe. Windows has neither flag.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  try {
    return await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error) ?? "";
    if (code === "EACCES" || code === "EPERM") {
      // Throws the same again when it is the folder that may not be entered: that says nothing about the file.
      await lstat(path);
    } else if (!["ELOOP", "EMLINK", "EISDIR", "ENXIO"].includes(code)) {
      throw error;
    }
    throw new UnreadableJobError("The file cannot be opened.", { cause: error });
  }
}

async function readText(handle: FileHandle): Promise<string> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new UnreadableJobError("This is not a regular file.");
  if (stats.size > maxJobSize) throw new UnreadableJobError("The file is too large.");
  const buffer = Buffer.allocUnsafe(stats.size);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.toString("utf8", 0, length);
}

function parseJob(text: string): RevocationJob {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause: its message quotes the text.
    throw new UnreadableJobError("The file is not JSON.");
  }
  if (!isRevocationJob(value)) throw new UnreadableJobError("The file is not a job of version 1.");
  return value;
}
