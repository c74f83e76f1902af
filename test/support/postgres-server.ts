import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { requireBinary } from "./binaries.js";
import { freePort, serverProcess, temporary } from "./server-process.js";
import { unprivilegedAccount } from "./unprivileged-account.js";

export interface PostgresServer {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly user: "postgres";
  readonly database: "postgres";
  readonly url: string;
  /** Ends the server (default SIGQUIT: at once, connections cut). `restart()` brings it back. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it if it runs, and starts it on the same port with the same data. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** SIGSTOP for all of its processes: connections stay open, nothing answers. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Ends the server and removes its directory. */
  close(): Promise<void>;
}

/** Starts a real PostgreSQL on a free loopback port: an empty cluster, `trust` for everyone on this machine, no fsync. */
export async function startPostgres(
  options: {
    /** Further settings, for example `{ max_connections: "10" }`. */
    settings?: Readonly<Record<string, string>>;
  } = {},
): Promise<PostgresServer> {
  const account = unprivilegedAccount();
  const directory = mkdtempSync(join(tmpdir(), "postgres-"));
  const files = temporary(directory);
  if (account !== undefined) {
    chownSync(directory, account.uid, account.gid);
  }
  const spawnOptions = { ...account, cwd: directory };
  const data = join(directory, "data");
  execFileSync(
    requireBinary("initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    { ...spawnOptions, stdio: "pipe" },
  );

  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    fsync: "off",
    full_page_writes: "off",
    shared_buffers: "16MB",
    max_connections: "60",
    max_wal_senders: "0",
    ...options.settings,
  };
  const server = serverProcess({
    command: requireBinary("postgres"),
    args: ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    spawnOptions,
    isReady: () => select1(url),
  });
  await server.start();

  return {
    host: "127.0.0.1",
    port,
    user: "postgres",
    database: "postgres",
    url,
    kill: (signal = "SIGQUIT") => server.kill(signal),
    async restart(signal = "SIGQUIT") {
      await server.kill(signal);
      await server.start();
    },
    pause() {
      // First the one that starts the others.
      server.pause();
      signalAll(children(server.pid), "SIGSTOP");
    },
    resume() {
      signalAll(children(server.pid), "SIGCONT");
      server.resume();
    },
    async close() {
      signalAll(children(server.pid), "SIGCONT");
      await server.kill("SIGQUIT");
      files.remove();
    },
  };
}

/** The processes that serve one connection each, and a few others. */
function children(pid: number | undefined): number[] {
  if (pid === undefined) return [];
  const { stdout } = spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

export async function select1(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
  } finally {
    await client.end();
  }
}
