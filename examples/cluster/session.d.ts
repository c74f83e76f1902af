import type { Run } from "./fire-requests.js";

declare module "express-session" {
  interface SessionData {
    /** What came of the last press of the button. */
    lastRun?: Run;
  }
}
