import type { ResolvedOptions } from "../../options/notion-oauth-options.js";
import type { Environment } from "../command.js";
import { secretsIn } from "../notion-environment.js";

/** Everything that must not be printed, as far as it is known. */
export function secretsOf(
  { options, session }: { readonly options: ResolvedOptions | undefined; readonly session: unknown },
  env: Environment,
): string[] {
  const { clientSecret, secret = [] } = secretsIn(env);
  const ofSession = (session as { readonly secret?: unknown } | undefined)?.secret;
  const all: unknown[] = [clientSecret, ...secret, options?.clientSecret, ...(options?.secrets ?? []), ofSession];
  return all.flat().filter((one): one is string => typeof one === "string" && one !== "");
}
