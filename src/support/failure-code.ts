import { NotionApiError, NotionOAuthError, StoreError } from "../errors.js";

/** The short name of a failure, for entries, events and logs. Never a message: those of others may hold anything. */
export function failureCode(error: unknown): string {
  if (error instanceof NotionOAuthError) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "unknown";
}

/** Where this process looks for Notion and for its vault. */
export interface Whereabouts {
  readonly baseUrl: string;
  readonly vault?: { readonly where?: string } | undefined;
}

/** What a log line says of a failure: its code and its details. */
export function failureFields(error: unknown, at: Whereabouts): Readonly<Record<string, unknown>> {
  return { error: failureCode(error), ...failureDetails(error, at) };
}

/**
 * What a log line says beyond the code: what it came from (`notion_unreachable`) and what the system said (ENOTFOUND, CERT_HAS_EXPIRED), where
 * that was looked for, Notion's status, and its ids of the request for its support.
 */
export function failureDetails(error: unknown, at: Whereabouts): Readonly<Record<string, unknown>> {
  const causes = causesOf(error);
  const because = causes.map(failureCode).filter((code) => code !== "unknown");
  const ours = [error, ...causes];
  const { upstreamStatus: status, requestId, cfRay } = ours.find((one) => one instanceof NotionApiError) ?? {};
  const where = ours.map((one) => whereOf(one, at)).find((one) => one !== undefined);
  return {
    ...(because.length > 0 && { because: because.join(", ") }),
    ...(where !== undefined && { where }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(cfRay !== undefined && { cfRay }),
  };
}

/** What an error of ours came from, down to the first that is somebody else's. */
function causesOf(error: unknown): unknown[] {
  if (!(error instanceof NotionOAuthError) || error.cause === undefined) return [];
  return [error.cause, ...causesOf(error.cause)];
}

function whereOf(error: unknown, { baseUrl, vault }: Whereabouts): string | undefined {
  if (error instanceof NotionApiError)
    return error.code === "client_secret_unavailable" ? "the function `clientSecret`" : `${baseUrl}${error.endpoint}`;
  return error instanceof StoreError && error.isOfVault ? vault?.where : undefined;
}
