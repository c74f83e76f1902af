import { OptionError } from "../../errors.js";
import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import { resolveOptions } from "../../options/resolve-options.js";
import { type Environment, UsageError } from "../command.js";

export interface DrainOptions {
  readonly json: boolean;
  /** In ms; undefined: as long as it takes. */
  readonly timeout: number | undefined;
  /** How often to tell how far it is, in ms. */
  readonly progress: number | undefined;
  readonly notion: ResolvedOptions;
}

interface Given extends Omit<DrainOptions, "notion"> {
  readonly clientId: string;
  readonly baseUrl: string | undefined;
  readonly revokeOnExpiry: boolean;
}

/**
 * The options of a drain. Secrets come from the environment only: process lists show command lines.
 * @throws UsageError
 */
export function readDrainOptions(env: Environment, given: Given): DrainOptions {
  const { clientId, baseUrl, revokeOnExpiry, ...display } = given;
  const { NOTION_CLIENT_SECRET: clientSecret = "", NOTION_OAUTH_SECRET } = env;
  if (clientSecret === "") throw new UsageError("drain needs NOTION_CLIENT_SECRET in the environment.");
  const secret = NOTION_OAUTH_SECRET?.split(/\r?\n/).filter((line) => line.trim() !== "") ?? [];
  try {
    const notion = resolveOptions({
      clientId,
      clientSecret,
      ...(secret.length > 0 && { secret }),
      ...(baseUrl !== undefined && { baseUrl }),
      revokeOnExpiry,
      // How old a revocation may get is for the app to say.
      retry: { maxAge: Number.MAX_SAFE_INTEGER },
      // Nothing is given up here and each failure tried again: what there is to tell is told at the end.
      logger: {},
    });
    return { ...display, notion };
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(`${NAMES[error.option] ?? error.option}: ${error.message}`);
    throw error;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  clientId: "NOTION_CLIENT_ID",
  clientSecret: "NOTION_CLIENT_SECRET",
  secret: "NOTION_OAUTH_SECRET",
  baseUrl: "--base-url",
};
