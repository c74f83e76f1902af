// @ts-check
// Runs a database server until it is told to end it, or until the process that started it is gone, however that ended.
import { spawn } from "node:child_process";

const { command, args, options } = JSON.parse(process.argv[2] ?? "");
// Signals may reach every process at once, as Ctrl+C does, and the server has to end last.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
const server = spawn(command, args, { ...options, stdio: "ignore", detached: true });
server.once("exit", () => process.exit());
process.on("message", (signal) => server.kill(/** @type {NodeJS.Signals} */ (signal)));
process.once("disconnect", () => server.kill("SIGKILL"));
