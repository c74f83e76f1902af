import { OptionError } from "../../errors.js";
import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import { resolveOptions } from "../../options/resolve-options.js";
import { type Environment, UsageError } from "../command.js";
import { explainOption, secretsIn } from "../notion-environment.js";

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

/** @throws UsageError */
export function readDrainOptions(env: Environment, given: Given): DrainOptions {
  const { clientId, baseUrl, revokeOnExpiry, ...display } = given;
  const secrets = secretsIn(env);
  if (secrets.clientSecret === "") throw new UsageError("drain needs NOTION_CLIENT_SECRET in the environment.");
  try {
    const notion = resolveOptions({
      clientId,
      ...secrets,
      ...(baseUrl !== undefined && { baseUrl }),
      revokeOnExpiry,
      // How old a revocation may get is for the app to say.
      retry: { maxAge: Number.MAX_SAFE_INTEGER },
      // Nothing is given up here and each failure tried again: what there is to tell is told at the end.
      logger: {},
    });
    return { ...display, notion };
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(explainOption(error));
    throw error;
  }
}
