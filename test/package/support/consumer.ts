import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { oncePerRun } from "../../support/once-per-run.js";
import { describeUnless } from "../../support/services.js";
import { run } from "../../support/run.js";
import { manifest, packed } from "./tarball.js";

/**
 * - `plain`: Express and express-session, and nothing else that this package can use.
 * - `full`: all its peers, and the types of all of them.
 * - `tools`: no optional peer, and what people bundle, test and mock with. vitest is the one that runs this.
 */
export type ConsumerKind = "plain" | "full" | "tools";

/** A project that has installed the tarball. */
export interface Consumer {
  readonly directory: string;
}

const host = ["express", "express-session"];
const types = ["@types/express", "@types/express-session"];
/** Only consumers have these. */
const ranges: Readonly<Record<string, string>> = {
  "@babel/core": "^7.28.0",
  "@babel/preset-env": "^7.28.0",
  esbuild: "^0.28.0",
  jest: "^30.0.0",
  msw: "^2.10.0",
  // The last one for Node 20.
  nock: "^14.0.0",
  "socket.io": "^4.8.0",
  "socket.io-client": "^4.8.0",
  webpack: "^5.113.0",
};
const more: Record<ConsumerKind, readonly string[]> = {
  plain: [],
  tools: Object.keys(ranges),
  full: [
    ...["libsql", "pg", "ioredis", "redis", "passport", "passport-oauth2", "esbuild", "@notionhq/client"],
    "@opentelemetry/api",
    ...["@types/pg", "@types/passport", "@types/passport-oauth2"],
  ],
};

/**
 * vitest's `describe` for a suite that needs an installed consumer. Where nothing can be installed (no network) the suite is
 * skipped by name; with `REQUIRE_SERVICES=1` it fails. `missing` names something else that it needs. To be awaited at the top
 * of a file.
 */
export async function describeWithConsumer(
  kind: ConsumerKind,
  title: string,
  suite: (consumer: Consumer) => void,
  missing?: string,
): Promise<void> {
  const consumer = await install(kind);
  if ("unavailable" in consumer) describeUnless(consumer.unavailable, title, () => suite({ directory: "" }));
  else describeUnless(missing, title, () => suite(consumer));
}

type Unavailable = { readonly unavailable: string };

function install(kind: ConsumerKind): Promise<Consumer | Unavailable> {
  return oncePerRun<Consumer | Unavailable>(`${kind}-consumer`, async (directory) => {
    const { path } = await packed();
    writeFileSync(join(directory, "package.json"), JSON.stringify({ name: "consumer", private: true }));
    const missing = await npmInstall(directory, [path, ...[...host, ...types, ...more[kind]].map(withRange)]);
    return missing ?? { directory };
  });
}

/** The versions this package is developed with. */
function withRange(name: string): string {
  return `${name}@${rangeOf(name)}`;
}

export function rangeOf(name: string): string {
  const range = ranges[name] ?? manifest.devDependencies[name];
  if (range === undefined) throw new Error(`${name} is no development dependency.`);
  return range;
}

/** Installs packages, as {@link npm} answers. */
export function npmInstall(directory: string, packages: readonly string[]): Promise<Unavailable | undefined> {
  return npm(directory, "install", "--no-audit", "--no-fund", "--ignore-scripts", ...packages);
}

/** Runs npm. Undefined when it worked; the reason when the registry cannot be reached; throws at anything else. */
export async function npm(directory: string, ...args: string[]): Promise<Unavailable | undefined> {
  const { status, stdout, stderr } = await run("npm", [...args, "--prefer-offline", "--loglevel=error"], directory);
  if (status === 0) return undefined;
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONN\w+|E\w*TIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)\b/.test(stderr))
    return { unavailable: "the registry cannot be reached" };
  throw new Error(`npm ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}
