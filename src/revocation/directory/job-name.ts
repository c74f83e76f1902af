import { randomBytes } from "node:crypto";
import type { RevocationJob } from "../job.js";

/*
 * A job is one file and the file's name is its state, so that every change of state is one atomic rename:
 *
 *   <id>.<due at>.<attempts>.<nonce>.job                   waiting
 *   <id>.<due at>.<attempts>.<lease end>.<token>.leased    leased until <lease end>, or waiting again after it
 *   <written at>.<nonce>.tmp                               being written
 *
 * Times are in ms since 1970. The nonce and the token make every name unique for all time: a rename or unlink of a
 * name that was read a while ago either still means the same state or fails.
 */

/** What the name of a job file says. */
export interface JobName {
  readonly name: string;
  readonly id: string;
  readonly dueAt: number;
  readonly attempts: number;
  /** End of the lease; undefined when the job was not leased. */
  readonly leasedUntil: number | undefined;
}

const pattern =
  /^([A-Za-z0-9_-]{1,64})\.(\d{1,15})\.(\d{1,15})\.(?:[A-Za-z0-9_-]{11}\.job|(\d{1,15})\.[A-Za-z0-9_-]{22}\.leased)$/;
const temporaryPattern = /^(\d{1,15})\.[A-Za-z0-9_-]{22}\.tmp$/;
const maxNumber = 999_999_999_999_999;

/** Reads a file name; undefined when it is not one of ours. */
export function parseJobName(name: string): JobName | undefined {
  const match = pattern.exec(name);
  if (match === null) return undefined;
  const [, id, dueAt, attempts, leasedUntil] = match;
  return {
    name,
    id: id!,
    dueAt: Number(dueAt),
    attempts: Number(attempts),
    leasedUntil: leasedUntil === undefined ? undefined : Number(leasedUntil),
  };
}

/**
 * The sub-folder a job belongs to. A job is looked for by reading one small folder instead of all names, so that one
 * logout stays cheap with 100,000 jobs waiting.
 */
export function shardOf(id: string): string {
  // FNV-1a: ids begin alike (they carry their kind), so their first characters would not spread.
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  // The last characters have not reached all bits yet.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash >>> 26).toString(16).padStart(2, "0");
}

/** Whether a sub-folder has the name of a shard. */
export function isShard(name: string): boolean {
  return /^[0-3][0-9a-f]$/.test(name);
}

/** A new name for a waiting job. */
export function waitingName(job: Pick<RevocationJob, "id" | "dueAt" | "attempts">): JobName {
  return parseJobName(`${job.id}.${digits(job.dueAt)}.${digits(job.attempts)}.${nonce(8)}.job`)!;
}

/** A new name for a leased job. Whoever knows it holds the lease. */
export function leasedName(file: JobName, until: number): JobName {
  return parseJobName(
    `${file.id}.${digits(file.dueAt)}.${digits(file.attempts)}.${digits(until)}.${nonce(16)}.leased`,
  )!;
}

/** The proof of a lease: the part of the name that follows the id. */
export function leaseOf(file: JobName): string {
  return file.name.slice(file.id.length + 1);
}

/** The name that belongs to a lease; undefined when the text is no lease. */
export function nameOfLease(id: string, lease: string): JobName | undefined {
  const file = parseJobName(`${id}.${lease}`);
  return file?.id === id && file.leasedUntil !== undefined ? file : undefined;
}

/** A new name for a file that is being written. */
export function temporaryName(): string {
  return `${Date.now()}.${nonce(16)}.tmp`;
}

/** When a temporary file was begun, in ms since 1970; undefined when the name is not one of ours. */
export function temporaryNameTime(name: string): number | undefined {
  const match = temporaryPattern.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** Text that no other name of a set-aside file has. */
export function nonce(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

function digits(value: number): string {
  return String(Math.min(Math.max(Math.ceil(value), 0), maxNumber));
}
