import type { Server } from "./connection.js";
import { isForbidden } from "./problems.js";

/** What decides whether a server keeps entries; undefined where it may not be looked at. */
export interface Settings {
  /** Such as `noeviction`. */
  readonly policy: string | undefined;
  /** In bytes; 0 for no limit. */
  readonly maxmemory: number | undefined;
  readonly hasAppendOnlyFile: boolean | undefined;
}

/** By INFO, which most services allow, else by CONFIG GET. Throws when the server does not answer. */
export async function settingsOf(server: Server): Promise<Settings> {
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
