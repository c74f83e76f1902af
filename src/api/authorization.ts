import type { ResolvedOptions } from "../options/notion-oauth-options.js";
import { bringSecret } from "./bring-secret.js";
import type { ApiContext } from "./call.js";

/** HTTP Basic client credentials, raw, as Notion's SDK sends them. */
export function authorizationOf({
  clientId,
  clientSecret,
}: Pick<ResolvedOptions, "clientId" | "clientSecret">): ApiContext["authorization"] {
  const basic = (secret: string) => `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}`;
  return typeof clientSecret === "string"
    ? basic(clientSecret)
    : async (...call) => basic(await bringSecret(clientSecret, ...call));
}
