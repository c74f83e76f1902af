// Codes of errors: https://www.postgresql.org/docs/current/errcodes-appendix.html

const conflicts = ["40001", "40P01"];
const alreadyThere = ["23505", "42P07", "42710"];

/**
 * Whether others were at it at the same time, and nothing was done: it can be tried again at once. It happens only where the app has
 * made `repeatable read` or `serializable` the default of its database.
 */
export function isConflict(error: unknown): boolean {
  return conflicts.includes(codeOf(error));
}

/** Whether somebody else has made the same thing, at the same moment. */
export function isThereAlready(error: unknown): boolean {
  return alreadyThere.includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | undefined)?.code);
}
