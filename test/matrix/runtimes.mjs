import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** Where they stay from one run to the next. */
const cache = process.env.MATRIX_CACHE ?? join(homedir(), ".cache", "express-notion-oauth", "matrix");

const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const node = (name, version) => ({
  name: `Node.js ${name}`,
  // What stands behind the package `node`, whose install script would only copy it.
  install: `node-${platform}@${version}`,
  program: [`node-${platform}`, "bin", "node"],
  args: [],
});

/** The oldest Node.js that `engines` allows, the majors since, and what else runs packages of npm. All of them are packages of npm. */
export const runtimes = [
  node("20.19", "20.19.0"),
  node("22", "22"),
  node("24", "24"),
  node("26", "26"),
  { name: "Bun 1", install: "bun@1", program: ["@oven", `bun-${platform}`, "bin", "bun"], args: [] },
  { name: "Deno 2", install: "deno@2", program: ["@deno", new RegExp(`^${platform}`), "deno"], args: ["run", "-A"] },
];

/** Brings a runtime. @returns the path of its program @throws Error with what npm says when it cannot be had */
export async function bring({ install, program }) {
  const directory = join(cache, install.replace(/\W/g, "-"));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), '{"private":true}');
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const { status, output } = await run("npm", ["install", ...options, install], directory);
  const path = program.reduce(find, join(directory, "node_modules"));
  if (status !== 0 || !existsSync(path)) throw new Error(`${install} cannot be installed: ${output.trim()}`);
  return path;
}

function find(directory, name) {
  const found = name instanceof RegExp && existsSync(directory) && readdirSync(directory).find((one) => name.test(one));
  return join(directory, found || String(name));
}

/** Runs a program to its end. @returns what it wrote, in `stdout` and all in all */
export async function run(command, args, cwd) {
  const { NODE_OPTIONS, ...env } = process.env;
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve, reject) => child.once("close", resolve).once("error", reject)),
  ]);
  return { status, stdout, output: stderr + stdout };
}
