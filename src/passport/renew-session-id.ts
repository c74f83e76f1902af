import type {} from "express-session";
import type { Request } from "express";
import { fromStore } from "../connections/bounded.js";

/**
 * Gives the session a new id and keeps what is in it. When it cannot be saved, the request goes on without a session: express-session would try
 * once more before it lets the response end, and wait for ever for a store that hangs.
 * @throws StoreError
 */
export async function renewSessionId(req: Request): Promise<void> {
  const data = { ...req.session };
  await fromStore((done) => req.session.regenerate(done));
  Object.assign(req.session, data);
  try {
    await fromStore((done) => req.session.save(done));
  } catch (error) {
    Object.assign(req, { session: undefined });
    throw error;
  }
}
