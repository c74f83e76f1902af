#!/usr/bin/env node
import { type Command, UsageError } from "./command.js";
import { writeHelp } from "./fit-help.js";
import { manifest } from "./manifest.js";
import { say } from "./terminal.js";

/** Loaded when asked for: each subcommand may need peers that the others do not. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  doctor: {
    summary: "look whether everything is set up right",
    load: async () => (await import("./doctor.js")).doctorCommand,
  },
  emulator: {
    summary: "run an emulated Notion on this machine",
    load: async () => (await import("./emulator.js")).emulatorCommand,
  },
  vault: {
    summary: "list, retry and drain what waits to be revoked",
    load: async () => (await import("./vault.js")).vaultCommand,
  },
};

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads may leave early (`| head -1`). What is under way is finished without them.
  if (error.code === "EPIPE") return;
  process.stderr.write(`express-notion-oauth: the output cannot be written: ${error.code}\n`);
  process.exit(2);
});
// There is nobody left to tell.
process.stderr.on("error", () => {});
process.exitCode = await main(process.argv.slice(2));

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    writeHelp(usage());
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${manifest().version}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    say(`There is no command ${JSON.stringify(name)}.`, process.stderr);
    process.stderr.write("\n");
    writeHelp(usage(), process.stderr);
    return 2;
  }
  try {
    return await (await command.load())(args, process.env);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say(`express-notion-oauth ${name}: ${message}`, process.stderr);
    if (error instanceof UsageError) say(`Try: npx express-notion-oauth ${name} --help`, process.stderr);
    return 2;
  }
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `Usage: npx express-notion-oauth <command> [options]

Commands:
${lines.join("\n")}

Options:
  -h, --help     this text; after a command, its options
  -v, --version  the version of this package
`;
}
