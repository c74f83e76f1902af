/** Package managers under which a package can load nothing but what it declares. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oncePerRun } from "../support/once-per-run.js";
import { run } from "../support/run.js";
import { describeUnless } from "../support/services.js";
import { npmInstall, rangeOf } from "./support/consumer.js";
import { copyLife } from "./support/life.js";
import { entries, packed } from "./support/tarball.js";

type Command = readonly [program: string, ...args: string[]];

interface Manager {
  readonly name: string;
  /** What npm installs: the newest major that runs on Node.js 20.19. */
  readonly install: string;
  /** How to call it, where npm has put it. */
  command(modules: string): Command;
  /** How it is told to install an app, and by which files. */
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** How an app runs under it. */
  node(command: Command): Command;
}

const pnpm: Manager = {
  name: "pnpm",
  install: "pnpm@^12.0.0",
  // The program of this platform; what its install script would do is to put it in another place.
  command: (modules) => {
    const platform = readdirSync(join(modules, "@pnpm")).find((name) => name.startsWith("exe"));
    return [join(modules, "@pnpm", platform ?? "", "pnpm")];
  },
  args: ["install", "--ignore-scripts", "--store-dir", "store"],
  files: {},
  node: () => [process.execPath],
};

/** Where npm installs from; Yarn has a registry of its own otherwise. */
const registry = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8" }).trim().replace(/\/$/, "");

const yarn: Manager = {
  name: "Yarn with Plug'n'Play",
  install: "@yarnpkg/cli-dist@^4.0.0",
  command: (modules) => [process.execPath, join(modules, "@yarnpkg/cli-dist/bin/yarn.js")],
  args: ["install"],
  files: {
    ".yarnrc.yml": [
      "nodeLinker: pnp",
      "enableGlobalCache: false",
      "enableScripts: false",
      "enableTelemetry: false",
      "enableImmutableInstalls: false",
      `npmRegistryServer: "${registry}"`,
    ].join("\n"),
    "yarn.lock": "",
  },
  node: (command) => [...command, "node"],
};

/** What the app has beside the package. */
const host = ["express", "express-session", "passport", "passport-oauth2", "@notionhq/client", "@opentelemetry/api"];
const drivers = ["libsql", "pg", "ioredis", "redis"];

const NETWORK =
  /\b(ENOTFOUND|EAI_AGAIN|ECONN\w+|E\w*TIMEDOUT|ENETUNREACH|EHOSTUNREACH|dns error|error sending request)\b/;

/** An app that this manager has installed. */
function appOf({ name, install, command, args, files }: Manager) {
  return oncePerRun(install.replaceAll(/\W/g, "-"), async (directory) => {
    const missing = await npmInstall(directory, [install]);
    if (missing !== undefined) return { directory, command: [""] as Command, ...missing };
    const app = join(directory, "app");
    mkdirSync(app);
    const { path } = await packed();
    const ranges = Object.fromEntries([...host, ...drivers].map((one) => [one, rangeOf(one)]));
    const dependencies = { "express-notion-oauth": `file:${path}`, ...ranges };
    const manifest = { name: "app", private: true, type: "module", dependencies };
    for (const [file, text] of Object.entries({ "package.json": JSON.stringify(manifest), ...files }))
      writeFileSync(join(app, file), text);
    const [program, ...first] = command(join(directory, "node_modules"));
    const { status, stdout, stderr } = await run(program, [...first, ...args], app);
    const unavailable = NETWORK.test(stdout + stderr) ? `${name} cannot reach the registry` : undefined;
    if (status !== 0 && unavailable === undefined) throw new Error(`${name} ended with ${status}:\n${stdout}${stderr}`);
    return {
      directory: app,
      command: [program, ...first] as Command,
      unavailable: status === 0 ? undefined : unavailable,
    };
  });
}

for (const manager of [pnpm, yarn]) {
  const { directory, command, unavailable } = await appOf(manager);
  const runNode = (...args: string[]) => {
    const [program, ...first] = manager.node(command);
    return run(program, [...first, ...args], directory);
  };

  describeUnless(unavailable, `installed by ${manager.name}`, () => {
    test("an app lives with Passport, on a vault in a file", async () => {
      copyLife(directory, "whole-life-with-peers.mjs");
      const { stdout, stderr } = await runNode("whole-life-with-peers.mjs");
      expect(stdout, stderr).toBe("lived\n");
    });

    test("every entry finds what it needs, every vault its driver, and an app lives", async () => {
      copyLife(directory, "bundled.mjs");
      const imports = [...entries.map(({ specifier }) => specifier), "./bundled.mjs"];
      writeFileSync(join(directory, "entries.mjs"), imports.map((one) => `import ${JSON.stringify(one)};\n`).join(""));
      const { stdout, stderr } = await runNode("entries.mjs");
      const [answers = "", life] = stdout.split("\n");
      for (const seen of Object.values(JSON.parse(answers || '{"none":[]}') as Record<string, string[]>))
        expect(seen.slice(-3), stderr).toEqual(["works", "vault_unavailable", "vault_unavailable"]);
      expect(life, stderr).toBe("lived");
    });
  });
}
