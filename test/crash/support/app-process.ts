import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../../support/server-process.js";

const script = fileURLToPath(new URL("../fixtures/app.mjs", import.meta.url));

/** One process of the app: always on the same port, killed and started again as often as a test likes. */
export interface AppProcess {
  readonly origin: string;
  /** How often it was killed, by itself or by a test. */
  readonly kills: number;
  /** When it was killed, in ms since 1970. */
  readonly killedAt: readonly number[];
  start(): Promise<void>;
  /** SIGKILL, now. */
  kill(): void;
  /** Resolves when it has ended; tells whether a SIGKILL did it. */
  ended(): Promise<boolean>;
  /** SIGTERM. */
  stop(): Promise<void>;
}

export async function appProcess(config: object, port?: number): Promise<AppProcess> {
  const ownPort = port ?? (await freePort());
  let child: ChildProcess | undefined;
  let exit: Promise<boolean> = Promise.resolve(false);
  const killedAt: number[] = [];

  return {
    origin: `http://127.0.0.1:${ownPort}`,
    get kills() {
      return killedAt.length;
    },
    killedAt,
    async start() {
      const started = spawn(process.execPath, [script, JSON.stringify({ ...config, port: ownPort })], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      child = started;
      children.add(started);
      exit = once(started, "exit").then(([, signal]) => {
        children.delete(started);
        if (signal === "SIGKILL") killedAt.push(Date.now());
        return signal === "SIGKILL";
      });
      await Promise.race([
        once(started.stdout!, "data"),
        exit.then(() => {
          throw new Error("The app ended at start.");
        }),
      ]);
    },
    kill: () => void child?.kill("SIGKILL"),
    ended: () => exit,
    async stop() {
      child?.kill("SIGTERM");
      await exit;
    },
  };
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
