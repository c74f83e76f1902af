import { NotionApiError, type NotionApiErrorCode } from "../errors.js";
import { within } from "../support/time-limit.js";
import { whenAborted } from "./when-aborted.js";

/**
 * Asks the app's function for the client secret. It is part of the call: it counts against its bound, and nothing waits for one that hangs.
 * @throws NotionApiError, of a call that was not sent
 */
export async function bringSecret(
  bring: () => string | Promise<string>,
  path: string,
  timeout: number,
  signal?: AbortSignal,
): Promise<string> {
  const failure = (code: NotionApiErrorCode) => new NotionApiError(code, path, { sent: false });
  if (signal?.aborted) throw failure("notion_timeout");
  let unwatch: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    unwatch = signal && whenAborted(signal, () => reject(failure("notion_timeout")));
  });
  // What a secret manager says may hold the secret: it is not passed on.
  const unavailable = (code: string) => {
    const cause = Object.assign(new Error(`the function \`clientSecret\`: ${code}`), { code });
    return new NotionApiError("client_secret_unavailable", path, { sent: false, cause });
  };
  const brought: Promise<unknown> = Promise.resolve()
    .then(bring)
    .catch((error: unknown) => Promise.reject(unavailable(nameOf(error))));
  const secret = await within(timeout, Promise.race([brought, aborted]), () => failure("notion_timeout")).finally(
    unwatch,
  );
  if (typeof secret === "string" && secret !== "") return secret;
  throw unavailable(secret === undefined || secret === "" ? "brought_nothing" : `brought_${typeof secret}`);
}

/** What it threw, in one word that is no secret: a code of the system, or the name of a class. */
function nameOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  if (typeof code === "string" && /^[A-Z][A-Z\d_]{2,39}$/.test(code)) return code;
  return typeof name === "string" && /^(?!Error$)[A-Z][A-Za-z]{2,59}$/.test(name) ? name : "threw";
}
