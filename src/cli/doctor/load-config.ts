import { type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { OptionError } from "../../errors.js";
import { within } from "../../support/time-limit.js";
import { UsageError } from "../command.js";
import { isOptionError } from "./is-option-error.js";
import { codeOf, inWords } from "./system-codes.js";
import { withoutSecrets } from "./without-secrets.js";

/** How long a module may take to load, in ms: it may ask a secret manager. */
const PATIENCE = 30_000;

/** What a module exports about an app. */
export interface Config {
  readonly path: string;
  readonly notion: unknown;
  readonly session: unknown;
  /** What was refused while it loaded: a `sqliteVault()` or `createNotionOAuth()` of the module. */
  readonly refused: OptionError | undefined;
}

/**
 * @param secrets what must not be in an error
 * @throws UsageError that says what was looked for, and where
 */
export async function loadConfig(given: string, secrets: readonly string[]): Promise<Config> {
  const path = resolve(given);
  const stats = lookAt(path);
  if (stats === undefined)
    throw new UsageError(`There is no file ${path}: --config ${given} was looked for from ${process.cwd()}.`);
  if (!stats.isFile()) throw new UsageError(`${path} is not a file: --config takes a module.`);
  try {
    return { path, ...(await readExports(path)), refused: undefined };
  } catch (error) {
    if (isOptionError(error)) return { path, notion: undefined, session: undefined, refused: error };
    throw new UsageError(withoutSecrets(explain(path, error), secrets));
  }
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new UsageError(`${path} could not be looked at: ${inWords(error)}.`);
  }
}

async function readExports(path: string): Promise<Pick<Config, "notion" | "session">> {
  const late = () => new Error(`Loading did not end within ${PATIENCE / 1000} s.`);
  return within(PATIENCE, load(path), late);
}

async function load(path: string): Promise<Pick<Config, "notion" | "session">> {
  const module = (await import(pathToFileURL(path).href)) as Exports;
  // What a CommonJS module exports is its default export; what was compiled to one has another in that.
  const outer = defaultOf(module);
  const inner = outer.__esModule === true ? defaultOf(outer) : outer;
  const named = (name: "notion" | "session") =>
    [module, outer, inner].map((one) => one[name]).find((value) => value !== undefined);
  const isOptions = Object.keys(inner).length > 0 && inner.session === undefined;
  return { notion: await (named("notion") ?? (isOptions ? inner : undefined)), session: await named("session") };
}

interface Exports {
  readonly notion?: unknown;
  readonly session?: unknown;
  readonly default?: unknown;
  readonly __esModule?: unknown;
}

function defaultOf(module: Exports): Exports {
  return typeof module.default === "object" && module.default !== null ? (module.default as Exports) : {};
}

function explain(path: string, error: unknown): string {
  if (codeOf(error) === "ERR_UNKNOWN_FILE_EXTENSION")
    return `${path} is no JavaScript that Node ${process.versions.node} can load: name a .js, .mjs or .cjs file.`;
  const what =
    error instanceof Error ? `${error.name}: ${error.message.split("\n", 1)[0]}` : "It threw what is no error.";
  return `${path} could not be loaded. ${what}`;
}
