import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../lifecycle/lock-holder.mjs", import.meta.url));

/** Another process that holds a lock when this resolves, until it is killed. */
export async function startLockHolder(holder: {
  /** The compiled file of the lock. */
  file: string;
  library: "ioredis" | "node-redis" | "pg";
  url: string;
  key: string;
  ttlMs: number;
}): Promise<ChildProcess> {
  const { file, library, url, key, ttlMs } = holder;
  const child = spawn(process.execPath, [script, file, library, url, key, String(ttlMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await Promise.race([
    once(child.stdout!, "data"),
    once(child, "exit").then(() => {
      throw new Error("The process ended before it held the lock.");
    }),
  ]);
  return child;
}
