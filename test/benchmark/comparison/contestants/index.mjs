import { authJs } from "./auth-js.mjs";
import { betterAuth } from "./better-auth.mjs";
import { expressOpenidConnect } from "./express-openid-connect.mjs";
import { ours } from "./ours.mjs";
import { passport } from "./passport.mjs";
import { sdk } from "./sdk.mjs";

/** What is compared: each as its documentation sets it up, and once more with a revoke call by hand in its logout. */
export const contestants = {
  ours: ours(),
  oursInMemory: ours({ vault: "memory" }),
  oursLast: ours({ revokeOnLogout: "last" }),
  passport: passport({ byHand: false }),
  authJs: authJs({ byHand: false }),
  betterAuth: betterAuth({ byHand: false }),
  openid: expressOpenidConnect({ byHand: false }),
  openidBare: expressOpenidConnect({ byHand: false, bare: true }),
  sdkByHand: sdk,
  passportByHand: passport({ byHand: true }),
  authJsByHand: authJs({ byHand: true }),
  betterAuthByHand: betterAuth({ byHand: true }),
  openidByHand: expressOpenidConnect({ byHand: true }),
};
