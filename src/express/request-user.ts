import type { Request } from "express";
import { LoginError, OptionError } from "../errors.js";
import { type ConnectingUser, connectingUser } from "../lifecycle/users/user-marks.js";
import { checkUserId } from "../options/check-user.js";
import { isNobodyThere } from "../support/is-nobody-there.js";
import type { Edge } from "./edge.js";

/** The app's user of a request; undefined where nobody is logged in, or connections are the session's. @throws OptionError, or what the app's function throws */
export function userOf({ core }: Edge, req: Request): string | undefined {
  const { user } = core.options;
  if (user === undefined) return undefined;
  const id = ask(user, req);
  if (id === undefined || id === null) return undefined;
  if (id instanceof Promise) {
    id.catch(() => {});
    throw new OptionError("user", "Option `user` must return the id at once, and no promise.");
  }
  return checkUserId("user", id);
}

/** `req.user.id` where nobody is logged in says so in its way. */
function ask(user: (req: Request) => unknown, req: Request): unknown {
  try {
    return user(req);
  } catch (error) {
    if (isNobodyThere(error)) return undefined;
    throw error;
  }
}

/** The same, for what needs somebody. @throws LoginError `login_required`, OptionError */
export function requireUser(edge: Edge, req: Request): string | undefined {
  const user = userOf(edge, req);
  if (user === undefined && edge.core.options.user !== undefined) throw new LoginError("login_required");
  return user;
}

/** The user who is about to connect; undefined where connections are the session's. @throws LoginError `login_required`, OptionError, StoreError */
export async function requireConnecting(edge: Edge, req: Request): Promise<ConnectingUser | undefined> {
  const user = requireUser(edge, req);
  return user === undefined ? undefined : connectingUser(edge.core, user);
}
