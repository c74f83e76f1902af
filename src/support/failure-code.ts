import { NotionApiError, NotionOAuthError } from "../errors.js";

/** The short name of a failure, for entries, events and logs. Never a message: those of others may hold anything. */
export function failureCode(error: unknown): string {
  if (error instanceof NotionOAuthError) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "unknown";
}

/** What a log line says beyond the code: what the system said (ENOTFOUND, CERT_HAS_EXPIRED), Notion's status, and its ids of the request for its support. */
export function failureDetails(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof NotionOAuthError)) return {};
  const because = error.cause === undefined ? "unknown" : failureCode(error.cause);
  const { upstreamStatus: status, requestId, cfRay } = error instanceof NotionApiError ? error : {};
  return {
    ...(because !== "unknown" && { because }),
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(cfRay !== undefined && { cfRay }),
  };
}
