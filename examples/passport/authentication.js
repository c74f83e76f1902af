// @ts-check
import { NotionStrategy } from "express-notion-oauth/passport";
import passport from "passport";

/**
 * Passport with users in memory; an app in production has a database.
 * @param {import("express-notion-oauth").NotionOAuth} notion
 */
export function createAuthentication(notion) {
  const authentication = new passport.Passport();
  /** @type {Map<string, Express.User>} */
  const users = new Map();

  authentication.use(
    // When this calls back with an error or with no user, the tokens are revoked.
    new NotionStrategy({ notion }, (_accessToken, _refreshToken, profile, done) => {
      const user = { id: profile.id, name: profile.displayName, email: profile.emails[0]?.value };
      users.set(user.id, user);
      done(null, user);
    }),
  );
  authentication.serializeUser((user, done) => done(null, user.id));
  authentication.deserializeUser((/** @type {string} */ id, done) => done(null, users.get(id) ?? false));
  return authentication;
}
