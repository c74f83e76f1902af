import type { OptionError } from "../../errors.js";
import type { NotionOAuth } from "../../notion-oauth.js";
import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import { memoryVault } from "../../vault/memory-vault.js";
import type { NotionVault } from "../../vault/vault.js";
import { type Environment, UsageError } from "../command.js";
import { explainOption, secretsIn } from "../notion-environment.js";
import { engines } from "../vault/engines.js";
import { placeIn } from "../vault/flags.js";
import type { Flags } from "./flags.js";
import { isOptionError } from "./is-option-error.js";
import { type Config, loadConfig } from "./load-config.js";
import { resolveRest } from "./resolve-rest.js";
import { secretsOfApp, secretsOfEnvironment } from "./secrets-of.js";

/** What an app is set up with, as far as it is known. */
export interface SetUp {
  /** The module that says so; undefined where flags and environment do. */
  readonly config: string | undefined;
  /** Without what was refused; undefined where nothing can be used. */
  readonly options: ResolvedOptions | undefined;
  readonly refused: readonly RefusedOption[];
  /** Undefined where none was named. */
  readonly vault: NotionVault | undefined;
  /** The options of express-session; undefined where they are not known. */
  readonly session: unknown;
  readonly env: Environment;
  readonly isProduction: boolean;
  /** What must not be printed. */
  readonly secrets: readonly string[];
}

/** An option that cannot be used, and why. */
export interface RefusedOption {
  readonly option: string;
  readonly message: string;
}

/** @throws UsageError when there is nothing to look at */
export async function readSetUp(flags: Flags, env: Environment): Promise<SetUp> {
  const facts = flags.config === undefined ? await fromFlags(flags, env) : await fromModule(flags.config, env);
  const secrets = [...secretsOfEnvironment(env), ...secretsOfApp(facts)];
  return { ...facts, env, isProduction: env.NODE_ENV === "production", secrets };
}

type Facts = Omit<SetUp, "env" | "isProduction" | "secrets">;

async function fromFlags(flags: Flags, env: Environment): Promise<Facts> {
  const place = placeIn(flags);
  const redirectUri = flags["redirect-uri"] ?? env.NOTION_REDIRECT_URI;
  const { options, refused } = resolveRest({
    clientId: flags["client-id"] ?? env.NOTION_CLIENT_ID,
    ...secretsIn(env),
    ...(redirectUri !== undefined && { redirectUri }),
    ...(flags["base-url"] !== undefined && { baseUrl: flags["base-url"] }),
  });
  const explained = refused.map((error) => ({ option: error.option, message: explainOption(error) }));
  const facts = { config: undefined, options, refused: explained, vault: undefined, session: undefined };
  if (place === undefined) return facts;
  const { vaultAt } = await engines[place.engine]!.load();
  try {
    return { ...facts, vault: vaultAt(place.at, place.keyPrefix) };
  } catch (error) {
    if (!isOptionError(error)) throw error;
    return { ...facts, refused: [...explained, { option: "vault", message: error.message }] };
  }
}

async function fromModule(path: string, env: Environment): Promise<Facts> {
  const config = await loadConfig(path, secretsOfEnvironment(env));
  await refuseCreated(config);
  const { options, refused } = resolveConfig(config);
  const vault = options === undefined ? undefined : (options.vault ?? memoryVault());
  return { config: config.path, options, refused, vault, session: config.session };
}

/** What `createNotionOAuth()` returned works off what is due: that is more than to look. */
async function refuseCreated({ path, notion }: Config): Promise<void> {
  if (typeof notion !== "object" || notion === null || !("middleware" in notion && "revocations" in notion)) return;
  await (notion as NotionOAuth).close();
  throw new UsageError(
    `\`notion\` in ${path} is what createNotionOAuth() returned, which works by itself: export the options that it is made with.`,
  );
}

function resolveConfig({
  path,
  notion,
  refused,
}: Config): Pick<Facts, "options"> & { refused: readonly OptionError[] } {
  if (refused !== undefined) return { options: undefined, refused: [refused] };
  if (typeof notion !== "object" || notion === null)
    throw new UsageError(
      `${path} exports no \`notion\` that can be used: export the options of createNotionOAuth() by this name, or as the default export.`,
    );
  return resolveRest(notion);
}
