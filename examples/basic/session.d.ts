// What this app itself keeps in the session, beside what express-notion-oauth keeps there.
import "express-session";

declare module "express-session" {
  interface SessionData {
    /** When the session began, in ms since 1970. */
    since: number;
  }
}
