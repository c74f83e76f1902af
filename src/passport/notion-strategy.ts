import type { Request } from "express";
import OAuth2Strategy from "passport-oauth2";
import { OptionError } from "../errors.js";
import { setPrivate } from "../express/http/answers.js";
import { isPrefetch, refusePrefetch } from "../express/http/prefetch.js";
import { queryOf } from "../express/http/request-facts.js";
import { actionsOf } from "./actions.js";
import { finishLogin } from "./finish-login.js";
import { loadProfile } from "./load-profile.js";
import { speakNotion } from "./speak-notion.js";
import { startLogin } from "./start-login.js";
import {
  type NotionAuthenticateOptions,
  type NotionStrategyOptions,
  type NotionStrategyOptionsWithRequest,
  resolveStrategyOptions,
} from "./strategy-options.js";
import type { StrategyParts } from "./strategy-parts.js";
import type {
  AnyVerifyFunction,
  NotionVerifyFunction,
  NotionVerifyFunctionWithParams,
  NotionVerifyFunctionWithRequest,
  NotionVerifyFunctionWithRequestAndParams,
} from "./verify-function.js";
import { forCallbackUrl } from "./with-redirect-uri.js";

/**
 * Logs in with Notion through Passport: passport-oauth2's conventions with Notion's rules inside.
 *
 * `state` is always checked, in a sealed cookie of its own, and serves once. A denied or foreign callback is a failure of
 * Passport's kind (`failureRedirect`, `failureMessage`), never an error and never a loop. Tokens of a login that
 * fails after Notion issued them are revoked; those of a login that succeeds are the app's, or `notion.remember()`'s.
 *
 * @see https://www.passportjs.org/packages/passport-oauth2/
 * @example
 * ```ts
 * import passport from "passport";
 * import { NotionStrategy } from "express-notion-oauth/passport";
 *
 * passport.use(
 *   new NotionStrategy({ notion }, (_accessToken, _refreshToken, profile, done) => {
 *     done(null, { id: profile.id, name: profile.displayName });
 *   }),
 * );
 * app.get("/auth/notion", passport.authenticate("notion"));
 * app.get(
 *   "/auth/notion/callback",
 *   passport.authenticate("notion", { failureRedirect: "/" }),
 *   notion.remember(),
 *   (_req, res) => res.redirect("/"),
 * );
 * ```
 */
export class NotionStrategy extends OAuth2Strategy {
  declare private readonly parts: () => StrategyParts;
  /** Ends what a strategy on its own has started, within `timeout` ms (default 5000). One with `notion` leaves that to `notion.close()`. */
  readonly close: (options?: { readonly timeout?: number }) => Promise<void>;

  /** @throws OptionError (a `TypeError`) naming the option that is wrong */
  constructor(options: NotionStrategyOptions, verify: NotionVerifyFunction);
  /** With Notion's token answer as a parameter of `verify`. @throws OptionError */
  constructor(options: NotionStrategyOptions, verify: NotionVerifyFunctionWithParams);
  /** With the request as the first parameter of `verify`. @throws OptionError */
  constructor(options: NotionStrategyOptionsWithRequest, verify: NotionVerifyFunctionWithRequest);
  /** With both. @throws OptionError */
  constructor(options: NotionStrategyOptionsWithRequest, verify: NotionVerifyFunctionWithRequestAndParams);
  constructor(options: NotionStrategyOptions | NotionStrategyOptionsWithRequest, verify: AnyVerifyFunction) {
    if (typeof verify !== "function") throw new OptionError("verify", "NotionStrategy needs a verify function.");
    const { core, edge, lifecycle } = resolveStrategyOptions(options);
    super(
      {
        authorizationURL: `${core.options.baseUrl}/v1/oauth/authorize`,
        tokenURL: `${core.options.baseUrl}/v1/oauth/token`,
        clientID: core.options.clientId,
        // Not kept here, where anything that prints the strategy would show it: our client sends it.
        clientSecret: "",
        callbackURL: core.options.redirectUri,
        customHeaders: { "Notion-Version": core.options.notionVersion },
        skipUserProfile: options.skipUserProfile,
      },
      verify as OAuth2Strategy.VerifyFunction,
    );
    this.name = "notion";
    speakNotion(this._oauth2, core);
    const passRequest = options.passReqToCallback === true;
    const parts: StrategyParts = { core, edge, verify, passRequest, verdicts: new Map() };
    // A function, because whatever prints the strategy shows what its fields hold. Not a private name, because Passport works on objects that inherit
    // from this one.
    Object.defineProperty(this, "parts", { value: () => parts });
    this.close = async ({ timeout = 5000 } = {}) => lifecycle?.close(timeout);
    // What is due from before a restart is worked off without waiting for a login.
    lifecycle?.worker.start();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Called by Passport: finishes a login when Notion sent the browser back, starts one otherwise. */
  override authenticate(req: Request, options: NotionAuthenticateOptions = {}): void {
    run(this, this.parts(), req, options);
  }
}

function run(strategy: NotionStrategy, parts: StrategyParts, req: Request, options: NotionAuthenticateOptions): void {
  const actions = actionsOf(strategy);
  try {
    const { res } = req;
    if (res === undefined)
      throw new OptionError("express", "NotionStrategy needs Express: there is no `req.res` to set cookies on.");
    const core = forCallbackUrl(parts.core, options.callbackURL);
    const query = queryOf(req);
    const call = { parts, core, req, res, actions };
    setPrivate(res);
    if (isCallback(req, query, core.options.redirectUri))
      void finishLogin(call, query, (answer) => loadProfile(strategy, answer));
    else if (isPrefetch(req)) refusePrefetch(res);
    else startLogin(call, options.state);
  } catch (error) {
    actions.error(error);
  }
}

/** As in passport-oauth2, one route may serve both: what Notion sends back tells. `state` alone may be the app's own elsewhere. */
function isCallback(req: Request, query: URLSearchParams, redirectUri: string | undefined): boolean {
  if (query.has("code") || query.has("error")) return true;
  return (
    query.has("state") &&
    redirectUri !== undefined &&
    req.originalUrl.replace(/\?.*$/s, "") === new URL(redirectUri).pathname
  );
}
