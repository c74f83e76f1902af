import type {} from "express-session";
import type { Request } from "express";
import { fromStore } from "../connections/bounded.js";

/**
 * Gives the session a new id and keeps what is in it.
 * @throws StoreError
 */
export async function renewSessionId(req: Request): Promise<void> {
  const data = { ...req.session };
  await fromStore((done) => req.session.regenerate(done));
  Object.assign(req.session, data);
  await fromStore((done) => req.session.save(done));
}
