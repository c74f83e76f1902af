import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { requireBinary } from "./binaries.js";
import { oncePerRun } from "./once-per-run.js";
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
  pause(): Promise<void>;
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
  const directory = mkdtempSync(join(tmpdir(), "postgres-"));
  const files = temporary(directory);
  const spawnOptions = inHandsOfServer(directory);
  const data = join(directory, "data");
  // With its owner, who has to be the server's.
  execFileSync("cp", ["-Rp", await emptyCluster(), data], { stdio: "pipe" });

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

  let paused: number[] = [];
  function resume(): void {
    signalAll(paused.splice(0), "SIGCONT");
    server.resume();
  }

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
    async pause() {
      const client = await connected(url);
      // First the one that starts the others.
      server.pause();
      const { rows } = await client.query("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
      await client.end();
      paused = rows.map(({ pid }) => pid as number);
      signalAll(paused, "SIGSTOP");
    },
    resume,
    async close() {
      resume();
      await server.kill("SIGQUIT");
      files.remove();
    },
  };
}

/** Where the files of an empty cluster are: to make them takes more than a second, to copy them next to nothing. */
function emptyCluster(): Promise<string> {
  return oncePerRun("postgres", async (directory) => {
    const spawnOptions = inHandsOfServer(directory);
    const data = join(directory, "data");
    execFileSync(
      requireBinary("initdb"),
      // Small segments of its log (in MB): each server starts with a copy of one.
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"],
      { ...spawnOptions, stdio: "pipe" },
    );
    return data;
  });
}

/** Gives a folder to the user that the server runs as. @returns how to start programs as that user, in there */
function inHandsOfServer(directory: string) {
  const account = unprivilegedAccount();
  if (account !== undefined) chownSync(directory, account.uid, account.gid);
  return { ...account, cwd: directory };
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
  const client = await connected(url);
  try {
    await client.query("SELECT 1");
  } finally {
    await client.end();
  }
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (error) {
    await client.end();
    throw error;
  }
  return client;
}
