import OAuth2Strategy from "passport-oauth2";
import type { TokenAnswer } from "../api/token-answer.js";
import { type NotionProfile, toProfile } from "./notion-profile.js";

/** passport-oauth2's own, which knows all forms of `skipUserProfile`. */
interface ProfileLoader {
  userProfile: OAuth2Strategy["userProfile"];
  _loadUserProfile(accessToken: string, done: (error?: unknown, profile?: unknown) => void): void;
}

/** The profile that `verify` gets: from the token answer, unless it is skipped or a subclass has its own `userProfile`. */
export function loadProfile(strategy: OAuth2Strategy, answer: TokenAnswer): Promise<NotionProfile> {
  const loader = Object.create(strategy) as ProfileLoader;
  return new Promise((resolve, reject) => {
    loader.userProfile = (accessToken, done) => {
      if (strategy.userProfile === OAuth2Strategy.prototype.userProfile) return done(null, toProfile(answer));
      // An asynchronous one may reject instead of calling back.
      const returned: unknown = strategy.userProfile(accessToken, done);
      if (returned instanceof Promise) returned.catch(reject);
    };
    loader._loadUserProfile(answer.accessToken, (error, profile) => {
      if (error) reject(error);
      else resolve(profile as NotionProfile);
    });
  });
}
