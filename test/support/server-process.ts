import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A server of a test: one child process at a time, which can be killed, frozen and started again on the same port. */
export interface ServerProcess {
  /** Starts it and waits until `isReady` does not reject. */
  start(): Promise<void>;
  /** Sends the signal and waits for the end. Does nothing when it is not running. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Freezes the process: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** The process id while it runs. */
  readonly pid: number | undefined;
}

export function serverProcess(definition: {
  command: string;
  args: readonly string[];
  spawnOptions?: SpawnOptions;
  isReady: () => Promise<unknown>;
}): ServerProcess {
  let child: ChildProcess | undefined;
  let output = "";

  async function start(): Promise<void> {
    output = "";
    const started = spawn(definition.command, definition.args, {
      ...definition.spawnOptions,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    running.add(started);
    started.once("exit", () => running.delete(started));
    started.once("error", (error) => {
      output += String(error);
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4000);
      });
    }
    const giveUpAt = Date.now() + 60_000;
    while (true) {
      if (hasEnded(started) || started.pid === undefined) {
        throw new Error(`${definition.command} ended at start:\n${output}`);
      }
      try {
        await definition.isReady();
        return;
      } catch (error) {
        if (Date.now() > giveUpAt) {
          await kill("SIGKILL");
          throw new Error(`${definition.command} did not get ready:\n${output}`, { cause: error });
        }
      }
      await sleep(25);
    }
  }

  async function kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const current = child;
    child = undefined;
    if (current === undefined || hasEnded(current)) {
      return;
    }
    const ended = once(current, "exit");
    current.kill(signal);
    // A frozen process cannot act on anything else.
    current.kill("SIGCONT");
    const forced = setTimeout(() => current.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(forced);
  }

  return {
    start,
    kill,
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    get pid() {
      return child?.pid;
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * A loopback port that nobody listens on at the moment. It is below those that a system gives to connections, and to servers that
 * ask for any: one of them would be taken before the server of the test has it.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(20_000, 32_768);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("No port.");
}

/** Removes the directory now or, when the tests end before they got to it, at exit. */
export function temporary(directory: string): { remove(): void } {
  directories.add(directory);
  return {
    remove() {
      directories.delete(directory);
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const running = new Set<ChildProcess>();
const directories = new Set<string>();

// A suite that fails half-way leaves nothing behind. vitest ends its workers with SIGTERM, which alone would skip `exit`.
process.once("SIGTERM", () => process.exit(143));
process.once("exit", () => {
  for (const child of running) {
    child.kill("SIGKILL");
  }
  for (const directory of directories) {
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // Exiting anyway.
    }
  }
});
