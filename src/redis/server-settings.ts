import type { Connection, Server } from "./connection.js";
import { DEADLINE, inTime } from "./deadline.js";
import { isForbidden } from "./problems.js";

/** How long one of several servers may keep a call waiting, in ms. */
const PATIENCE = 1500;

/** What decides whether a server keeps entries; undefined where it may not be looked at. */
export interface Settings {
  /** Such as `noeviction`. */
  readonly policy: string | undefined;
  /** In bytes; 0 for no limit. */
  readonly maxmemory: number | undefined;
  readonly hasAppendOnlyFile: boolean | undefined;
}

/** The settings of all servers that answered. */
export interface AllSettings {
  readonly settings: readonly Settings[];
  /** Whether a server did not answer. */
  readonly isAnyAway: boolean;
}

/** Throws when no server answers. */
export async function readSettings(connection: Connection): Promise<AllSettings> {
  const servers = await connection.servers();
  const patience = servers.length > 1 ? PATIENCE : DEADLINE;
  const answers = await Promise.allSettled(servers.map((server) => inTime(patience, settingsOf(server))));
  const settings = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  if (settings.length === 0)
    throw answers.find((answer) => answer.status === "rejected")?.reason ?? new Error("The cluster is not connected.");
  return { settings, isAnyAway: settings.length < servers.length };
}

/** When a server brings its append-only file to the disk: `always`, `everysec` or `no`; undefined where it may not be looked at. */
export function appendfsyncOf(server: Server): Promise<string | undefined> {
  return configOf(server, "appendfsync");
}

/** Whether a server is a replica, which takes no writes; undefined where it may not be looked at. */
export async function isReplica(server: Server): Promise<boolean | undefined> {
  const role = /^role:(\S+)/m.exec(await infoOf(server, "replication"))?.[1];
  return role === undefined ? undefined : role !== "master";
}

/** By INFO, which most services allow, else by CONFIG GET. Throws when the server does not answer. */
async function settingsOf(server: Server): Promise<Settings> {
  const [memory, persistence] = await Promise.all([infoOf(server, "memory"), infoOf(server, "persistence")]);
  const either = async (info: string, field: string, name: string) =>
    new RegExp(`^${field}:(\\S+)`, "m").exec(info)?.[1] ?? (await configOf(server, name));
  const [policy, maxmemory, appendonly] = await Promise.all([
    either(memory, "maxmemory_policy", "maxmemory-policy"),
    either(memory, "maxmemory", "maxmemory"),
    either(persistence, "aof_enabled", "appendonly"),
  ]);
  return {
    policy,
    maxmemory: maxmemory === undefined ? undefined : Number(maxmemory),
    hasAppendOnlyFile: appendonly === undefined ? undefined : appendonly === "1" || appendonly === "yes",
  };
}

async function infoOf(server: Server, section: string): Promise<string> {
  return String((await allowed(server.info(section))) ?? "");
}

async function configOf(server: Server, name: string): Promise<string | undefined> {
  const reply = await allowed(server.config(name));
  const value: unknown = Array.isArray(reply) ? reply[1] : (reply as Record<string, unknown> | undefined)?.[name];
  return value === undefined || value === null ? undefined : String(value);
}

async function allowed(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}
