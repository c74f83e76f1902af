// What this app keeps in a session, and what it puts on a request.
import "express-session";
import type { Account } from "./accounts.js";

declare module "express-session" {
  interface SessionData {
    userId?: string;
    /** What the session was begun with, such as "Firefox on Windows". */
    device?: string;
    /** Whose account was deleted in this browser: for the page that says so. */
    deletedUser?: string;
  }
}

declare global {
  namespace Express {
    interface Request {
      /** Set by `requireAccount`. */
      account: Account;
    }
  }
}
