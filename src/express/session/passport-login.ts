import type { Request } from "express";
import { fromStore, withSafeStore } from "./session-store.js";

/** Whether Passport is in front of us, and may have somebody logged in. */
export function hasPassportLogin(req: Request): boolean {
  return typeof (req as { logout?: unknown }).logout === "function";
}

/** Ends Passport's login where there is one: synchronous in Passport 0.5, with a callback and a new session since 0.6. @throws StoreError */
export async function endPassportLogin(req: Request): Promise<void> {
  const { logout } = req as { logout?: unknown };
  if (typeof logout !== "function") return;
  if (logout.length === 0) {
    logout.call(req);
    return;
  }
  // Passport goes on with `req.session` when its store answers at last. By then ours may be gone, so it keeps its own.
  const view: object = Object.create(req, { session: { value: req.session, writable: true } });
  await withSafeStore(req, () => fromStore((done) => logout.call(view, {}, done))).finally(() =>
    forgetPassportUser(req),
  );
}

/** passport.session() runs before us and believes any session: who was logged in with one that is over is nobody. */
export function forgetPassportUser(req: Request): void {
  const { logout, _userProperty } = req as { logout?: unknown; _userProperty?: unknown };
  if (typeof logout !== "function") return;
  Object.assign(req, { [typeof _userProperty === "string" ? _userProperty : "user"]: null });
}
