import { NotionApiError, type NotionApiErrorCode } from "../errors.js";
import { within } from "../support/time-limit.js";
import { whenAborted } from "./when-aborted.js";

/** The secret itself, or the app's function that brings it at each call. */
export type ClientSecret = string | (() => string | Promise<string>);

/**
 * The client secret. The app's function is part of the call: it counts against its bound, and nothing waits for one that hangs.
 * @throws NotionApiError, of a call that was not sent
 */
export async function bringSecret(
  clientSecret: ClientSecret,
  path: string,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (typeof clientSecret === "string") return clientSecret;
  const failure = (code: NotionApiErrorCode) => new NotionApiError(code, path, { sent: false });
  if (signal?.aborted) throw failure("notion_timeout");
  const unavailable = () => failure("client_secret_unavailable");
  let unwatch: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    unwatch = signal && whenAborted(signal, () => reject(failure("notion_timeout")));
  });
  // What a secret manager says may hold the secret: it is not passed on.
  const brought: Promise<unknown> = Promise.resolve()
    .then(clientSecret)
    .catch(() => Promise.reject(unavailable()));
  const secret = await within(timeout, Promise.race([brought, aborted]), () => failure("notion_timeout")).finally(
    unwatch,
  );
  if (typeof secret !== "string" || secret === "") throw unavailable();
  return secret;
}
