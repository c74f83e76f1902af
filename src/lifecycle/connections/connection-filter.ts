import { OptionError } from "../../errors.js";
import { checkNames } from "../../options/check-names.js";
import { checkUserId } from "../../options/check-user.js";
import { botKey, userKey, workspaceKey } from "../../vault/entry.js";

/** Which connections: those that match every field that is given. */
export interface ConnectionFilter {
  /** The app's user, as the option `user` gives it. */
  readonly user?: string | number | bigint;
  /** Notion's id of an authorization. */
  readonly botId?: string;
  readonly workspaceId?: string;
  /** `false`: those that jobs may not use; `"any"`: both. Default true: those that they may. */
  readonly unattended?: boolean | "any";
}

/** The keys that a filter stands for. @throws OptionError. Never with a value */
export function keysOfFilter(of: string, filter: ConnectionFilter, names: readonly string[]): string[] {
  if (typeof filter !== "object" || filter === null) throw new OptionError(of, `${of}() needs an object.`);
  checkNames(`${of}.`, filter, names);
  // One that is there without a value would mean more than was meant.
  const empty = Object.entries(filter).find(([, value]) => value === undefined || value === null || value === "");
  if (empty !== undefined) throw new OptionError(`${of}.${empty[0]}`, `\`${empty[0]}\` of ${of}() has no value.`);
  const { user, botId, workspaceId } = filter;
  const texts = Object.entries({ botId, workspaceId });
  const wrong = texts.find(([, value]) => value !== undefined && typeof value !== "string");
  if (wrong !== undefined) throw new OptionError(`${of}.${wrong[0]}`, `\`${wrong[0]}\` of ${of}() must be a string.`);
  return [
    ...(user === undefined ? [] : [userKey(checkUserId(`${of}.user`, user))]),
    ...(botId === undefined ? [] : [botKey(botId)]),
    ...(workspaceId === undefined ? [] : [workspaceKey(workspaceId)]),
  ];
}
