import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts a redis-server of its own on a free port; undefined where there is none. */
export async function startRedis() {
  const directory = mkdtempSync(join(tmpdir(), "bench-redis-"));
  const port = await freePort();
  const server = spawn(
    "redis-server",
    ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no"],
    { stdio: "ignore" },
  );
  const started = await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.once("exit", () => resolve(false));
    untilListening(port).then(() => resolve(true));
  });
  const end = async () => {
    server.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  if (started) {
    process.once("exit", () => server.kill("SIGKILL"));
    return { url: `redis://127.0.0.1:${port}`, end };
  }
  await end();
  return undefined;
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
  for (let tries = 0; tries < 200; tries += 1) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
