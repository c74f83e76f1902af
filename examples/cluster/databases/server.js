// @ts-check
// Starts a database server that is installed on this machine, for as long as the example runs.
import { fork } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/**
 * @param {string} name
 * @param {string} debianPackage
 */
export function findProgram(name, debianPackage) {
  const directories = [...(process.env.PATH ?? "").split(delimiter), ...postgresDirectories()];
  const found = directories.map((directory) => join(directory, name)).find(isExecutable);
  if (found === undefined)
    throw new Error(`${name} is not installed. On Debian and Ubuntu: apt-get install ${debianPackage}`);
  return found;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} options such as can be sent to another process
 * @param {() => Promise<unknown>} isReady rejects while it is not
 */
export async function startServer(command, args, options, isReady) {
  const keeper = fork(fileURLToPath(new URL("keeper.js", import.meta.url)), [
    JSON.stringify({ command, args, options }),
  ]);
  const ended = once(keeper, "exit");
  for (;;) {
    if (keeper.exitCode !== null) throw new Error(`${command} ended at its start.`);
    try {
      await isReady();
      break;
    } catch {
      await sleep(50);
    }
  }
  return {
    /** @param {NodeJS.Signals} signal */
    async stop(signal) {
      if (keeper.connected) keeper.send(signal);
      await ended;
    },
  };
}

/** A port that nobody listens on at this moment. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/** Debian keeps them out of the PATH, one directory for each version. */
function postgresDirectories() {
  const root = "/usr/lib/postgresql";
  try {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(root, version, "bin"));
  } catch {
    return [];
  }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
