import type { Request } from "express";
import type { TokenAnswer } from "../api/token-answer.js";
import type { NotionProfile } from "./notion-profile.js";
import { toParams } from "./to-params.js";
import type { AnyVerifyFunction, NotionVerifyCallback } from "./verify-function.js";

/** What the app says of a login. */
export type Verdict =
  | { readonly kind: "accepted"; readonly user: unknown; readonly info: object | undefined }
  | { readonly kind: "refused"; readonly info: unknown }
  | { readonly kind: "failed"; readonly error: unknown };

type Verify = (...args: unknown[]) => unknown;

/** Asks the app's verify function. Never rejects: it may throw, reject, or call back more than once. */
export function runVerify(
  { verify, passRequest }: { readonly verify: AnyVerifyFunction; readonly passRequest: boolean },
  req: Request,
  answer: TokenAnswer,
  profile: NotionProfile,
): Promise<Verdict> {
  return new Promise((resolve) => {
    const done: NotionVerifyCallback = (error, user, info) => {
      if (error) resolve({ kind: "failed", error });
      else if (!user) resolve({ kind: "refused", info });
      else resolve({ kind: "accepted", user, info });
    };
    // As in passport-oauth2: one parameter more than the shortest form takes the token answer too.
    const withParams = verify.length === (passRequest ? 6 : 5);
    const args = [
      ...(passRequest ? [req] : []),
      answer.accessToken,
      answer.refreshToken,
      ...(withParams ? [toParams(answer)] : []),
      profile,
      done,
    ];
    try {
      const returned = (verify as Verify)(...args);
      if (returned instanceof Promise) returned.catch((error: unknown) => resolve({ kind: "failed", error }));
    } catch (error) {
      resolve({ kind: "failed", error });
    }
  });
}
