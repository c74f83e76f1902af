import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A redis-server with its append-only file, fsync every second (its default). */
export async function startRedis() {
  const directory = mkdtempSync(join(tmpdir(), "drain-redis-"));
  const port = await freePort();
  const child = spawn(
    "redis-server",
    `--port ${port} --bind 127.0.0.1 --dir ${directory} --appendonly yes --maxmemory-policy noeviction`.split(" "),
    { stdio: "ignore" },
  );
  await untilListening(port);
  return { at: `redis://127.0.0.1:${port}`, end: () => end(child, directory) };
}

/** A PostgreSQL with its default durability. */
export async function startPostgres() {
  const directory = mkdtempSync(join(tmpdir(), "drain-postgres-"));
  const id = (flag) => Number(execFileSync("id", [flag, "postgres"]).toString());
  const account = process.getuid?.() === 0 ? { uid: id("-u"), gid: id("-g") } : {};
  if (account.uid !== undefined) chownSync(directory, account.uid, account.gid);
  const options = { ...account, cwd: directory, stdio: "ignore" };
  const data = join(directory, "data");
  execFileSync(program("initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync"], options);
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, "unix_socket_directories="];
  const child = spawn(program("postgres"), ["-D", data, ...settings.flatMap((one) => ["-c", one])], options);
  await untilListening(port);
  await pause(1000);
  return { at: `postgres://postgres@127.0.0.1:${port}/postgres`, end: () => end(child, directory) };
}

/** Debian keeps PostgreSQL's programs out of the PATH. */
function program(name) {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions.map((version) => join(root, version, "bin", name)).find(existsSync) ?? name;
}

async function end(child, directory) {
  child.kill("SIGKILL");
  await pause(200);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function untilListening(port) {
  for (;;) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await pause(50);
  }
}
