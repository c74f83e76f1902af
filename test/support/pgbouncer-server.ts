import { chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireBinary } from "./binaries.js";
import { select1 } from "./postgres-server.js";
import { freePort, serverProcess, temporary } from "./server-process.js";
import { unprivilegedAccount } from "./unprivileged-account.js";

export interface PgBouncer {
  readonly port: number;
  /** The URL of a database of the server behind it. */
  url(database: string): string;
  close(): Promise<void>;
}

/** Starts a real PgBouncer on a free loopback port: transaction mode, and what it refuses by default is refused. */
export async function startPgBouncer(server: { readonly port: number }): Promise<PgBouncer> {
  const account = unprivilegedAccount();
  const directory = mkdtempSync(join(tmpdir(), "pgbouncer-"));
  const files = temporary(directory);
  const port = await freePort();
  const configuration = join(directory, "pgbouncer.ini");
  writeFileSync(
    configuration,
    `[databases]
* = host=127.0.0.1 port=${server.port} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
server_idle_timeout = 5
`,
  );
  for (const path of [directory, configuration]) if (account !== undefined) chownSync(path, account.uid, account.gid);
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const bouncer = serverProcess({
    command: requireBinary("pgbouncer"),
    args: [configuration],
    spawnOptions: { ...account, cwd: directory },
    isReady: () => select1(url("postgres")),
  });
  await bouncer.start();
  return {
    port,
    url,
    async close() {
      await bouncer.kill("SIGKILL");
      files.remove();
    },
  };
}
