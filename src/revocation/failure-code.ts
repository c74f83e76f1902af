import { NotionOAuthError } from "../errors.js";

/** The short name of a failure, for jobs, events and logs. Never a message: those of others may hold anything. */
export function failureCode(error: unknown): string {
  if (error instanceof NotionOAuthError) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "unknown";
}
