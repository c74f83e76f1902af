import type { OptionError } from "../../errors.js";
import type { NotionOAuthOptions, ResolvedOptions } from "../../options/notion-oauth-options.js";
import { resolveOptions } from "../../options/resolve-options.js";
import { isOptionError } from "./is-option-error.js";

/** What stands in for what cannot be left out. It is never sent: see `refused`. */
const standIns: Readonly<Record<string, string>> = {
  clientId: "refused",
  clientSecret: "refused",
  secret: "refused".repeat(5),
};

/** Checks the options as `createNotionOAuth` does, but goes on without what is wrong: so that all of that is told at once. */
export function resolveRest(given: object): {
  /** Undefined where it cannot go on. */
  readonly options: ResolvedOptions | undefined;
  readonly refused: readonly OptionError[];
} {
  const rest: Record<string, unknown> = { ...given };
  const refused: OptionError[] = [];
  for (;;) {
    try {
      return { options: resolveOptions(rest as unknown as NotionOAuthOptions), refused };
    } catch (error) {
      if (!isOptionError(error)) throw error;
      refused.push(error);
      if (!leaveOut(rest, error.option.split(".", 1)[0]!)) return { options: undefined, refused };
    }
  }
}

/** @returns false when it is not there any more */
function leaveOut(rest: Record<string, unknown>, name: string): boolean {
  const standIn = standIns[name];
  if (standIn !== undefined) {
    const isNew = rest[name] !== standIn;
    rest[name] = standIn;
    return isNew;
  }
  // Without a redirect URI there may be no such routes.
  const names = [name, ...(name === "redirectUri" ? ["routes"] : [])].filter((one) => Object.hasOwn(rest, one));
  for (const one of names) delete rest[one];
  return names.length > 0;
}
