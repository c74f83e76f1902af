import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import type { Environment } from "../command.js";
import { secretsIn } from "../notion-environment.js";

/** The secrets that are known before anything else is. */
export function secretsOfEnvironment(env: Environment): string[] {
  const { clientSecret, secret = [] } = secretsIn(env);
  return [clientSecret, ...secret].filter((one) => one !== "");
}

/** The secrets of an app: what must not be printed. */
export function secretsOfApp({
  options,
  session,
}: {
  readonly options: ResolvedOptions | undefined;
  readonly session: unknown;
}): string[] {
  const ofSession = (session as { readonly secret?: unknown } | null | undefined)?.secret;
  const all: unknown[] = [options?.clientSecret, ...(options?.secrets ?? []), ofSession];
  return all.flat().filter((one): one is string => typeof one === "string" && one !== "");
}
