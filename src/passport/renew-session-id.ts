import type { Request } from "express";
import { fromStore, saveSession, withSafeStore } from "../express/session/session-store.js";

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
