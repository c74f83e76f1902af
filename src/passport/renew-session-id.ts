import type {} from "express-session";
import type { Request } from "express";
import { fromStore } from "../connections/bounded.js";
import { saveSession } from "../connections/save-session.js";
import { withSafeStore } from "../connections/with-safe-store.js";

/**
 * Gives the session a new id and keeps what is in it. When it cannot be saved, the request goes on without a session.
 * @throws StoreError
 */
export async function renewSessionId(req: Request): Promise<void> {
  const data = { ...req.session };
  await withSafeStore(req, () => fromStore((done) => void req.session.regenerate(done)));
  Object.assign(req.session, data);
  await saveSession(req);
}
