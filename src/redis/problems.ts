import { LateError } from "../support/time-limit.js";
import { OptionError } from "../vault/vault.js";

/** Whether the server knows no such script, which it forgets at a restart, a failover and SCRIPT FLUSH. */
export function isUnknownScript(error: unknown): boolean {
  return messageOf(error).startsWith("NOSCRIPT");
}

/** Whether the server answered, and does not let this user ask. Managed services say that they know no such command. */
export function isForbidden(error: unknown): boolean {
  return /^(?:NOPERM|ERR (?!max number of clients))/.test(messageOf(error));
}

/**
 * The error without what clients attach to it: the command with all its arguments, which may be entries, or the password of the URL.
 * Servers repeat the arguments of a command that they do not know.
 * @param problem why there is no connection, whose code says more than that nobody answered
 */
export function plainError(error: unknown, problem?: unknown): Error {
  if (error instanceof OptionError) return error;
  const code = (error instanceof LateError ? codeOf(problem) : undefined) ?? codeOf(error) ?? codeOf(problem);
  const [said] = messageOf(error).split(/,? with args beginning with/);
  const plain = new Error(said || `Redis could not be reached${code === undefined ? "" : ` (${code})`}.`);
  return code === undefined ? plain : Object.assign(plain, { code });
}

/** The code of the system, or the word that an answer of Redis begins with (WRONGPASS, READONLY). */
function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : /^(?!ERR )[A-Z]{3,}(?= )/.exec(messageOf(error))?.[0];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
