// What this app keeps of a user, and what Passport's `failureMessage` keeps in the session.
import "express-session";

declare global {
  namespace Express {
    interface User {
      id: string;
      name: string;
      email: string | undefined;
    }
  }
}

declare module "express-session" {
  interface SessionData {
    messages: string[];
  }
}
