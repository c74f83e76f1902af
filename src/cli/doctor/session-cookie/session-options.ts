/** What is read of express-session's options. The app's module may hold anything there. */
export interface SessionOptions {
  readonly secret?: unknown;
  readonly store?: unknown;
  readonly resave?: unknown;
  readonly saveUninitialized?: unknown;
  readonly cookie?: unknown;
}

export interface CookieOptions {
  readonly secure?: unknown;
  readonly sameSite?: unknown;
  readonly httpOnly?: unknown;
  readonly maxAge?: unknown;
  readonly expires?: unknown;
  readonly path?: unknown;
  readonly domain?: unknown;
}
