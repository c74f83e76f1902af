import type { SessionCookie } from "./cookies.js";

/** A session as a logout sees it, also when the app has taken it off the request already. */
export interface EndingSession {
  readonly sid: string;
  readonly cookie: SessionCookie;
  readonly hasData: boolean;
}
