import type { OptionError } from "../../errors.js";

/** Whether it is an OptionError, also one of another copy of this package, which the app's module may have loaded. */
export function isOptionError(error: unknown): error is OptionError {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_NOTION_OAUTH_OPTION";
}
