import type { RequestHandler } from "express";
import type { SessionOptions } from "express-session";
import { Strategy as LocalStrategy } from "passport-local";
import OAuth2Strategy from "passport-oauth2";
import { NotionStrategy } from "../../../src/passport/index.js";
import { startApp, type TestApp } from "../../support/app.js";
import { passports } from "./versions.js";

type Store = NonNullable<SessionOptions["store"]>;

/** (b) An app as it was: a plain OAuth2Strategy against Notion, the token in `req.user`. Only our logout is added. */
export async function existingApp(
  store: Store,
  makeStrategy = plainStrategy,
  /** The one line more: `notion.middleware()`. */
  withMiddleware = false,
): Promise<TestApp> {
  const passport = passports["0.7"]();
  const users = new Map<string, Express.User>();
  passport.serializeUser((user, done) => done(null, user.id));
  passport.deserializeUser((id: string, done) => done(null, users.get(id) ?? false));
  return startApp({
    session: { store },
    notion: { routes: { login: false, callback: false } },
    middleware: false,
    before(app, notion) {
      app.use(passport.session());
      const url = new URL(notion.client.authorizationUrl({ state: "x" }));
      const callbackURL = url.searchParams.get("redirect_uri") ?? "";
      passport.use("notion", makeStrategy({ notionUrl: url.origin, callbackURL, users }));
      if (withMiddleware) app.use(notion.middleware());
      app.get("/auth/notion", passport.authenticate("notion"));
      app.get("/slow", (req, res) => {
        Object.assign(req.session, { slow: true });
        app.locals.finishSlow = () => res.end();
      });
      app.get(
        "/auth/notion/callback",
        passport.authenticate("notion", { failureRedirect: "/failed" }) as RequestHandler,
        (_req, res) => res.redirect("/user"),
      );
      app.get("/user", (req, res) => {
        res.json({ user: req.user?.id ?? null });
      });
      // The one addition.
      app.use("/logout", notion.logout({ tokens: (req) => ({ accessToken: req.user?.notionToken ?? "" }) }));
    },
  });
}

export interface ExistingStrategyOptions {
  readonly notionUrl: string;
  readonly callbackURL: string;
  readonly users: Map<string, Express.User>;
}

export function plainStrategy({ notionUrl, callbackURL, users }: ExistingStrategyOptions): OAuth2Strategy {
  const basic = Buffer.from("emulated-client:emulated-secret").toString("base64");
  return new OAuth2Strategy(
    {
      authorizationURL: `${notionUrl}/v1/oauth/authorize?owner=user`,
      tokenURL: `${notionUrl}/v1/oauth/token`,
      clientID: "emulated-client",
      clientSecret: "emulated-secret",
      callbackURL,
      state: true,
      customHeaders: { Authorization: `Basic ${basic}` },
    },
    (
      accessToken: string,
      _refresh: string,
      params: { bot_id: string },
      _profile: object,
      done: OAuth2Strategy.VerifyCallback,
    ) => {
      const user = { id: params.bot_id, name: "x", notionToken: accessToken };
      users.set(user.id, user);
      done(null, user);
    },
  );
}

/** (c) The app has users of its own; Notion is an account they connect. */
export async function localApp(store: Store): Promise<TestApp> {
  const passport = passports["0.7"]();
  const users = new Map<string, Express.User>([["ada", { id: "ada", name: "Ada" }]]);
  passport.serializeUser((user, done) => done(null, user.id));
  passport.deserializeUser((id: string, done) => done(null, users.get(id) ?? false));
  passport.use(
    new LocalStrategy({ usernameField: "user", passwordField: "password" }, (name, password, done) =>
      done(null, password === "engine" ? (users.get(name) ?? false) : false),
    ),
  );
  return startApp({
    session: { store },
    before(app, notion) {
      passport.use(
        "notion",
        new NotionStrategy({ notion }, (_access, _refresh, profile, done) =>
          done(null, { id: profile.id, name: profile.displayName }),
        ),
      );
      app.use(passport.session());
    },
    routes(app, notion) {
      const requireUser: RequestHandler = (req, res, next) => (req.user ? next() : void res.redirect("/sign-in"));
      app.post(
        "/sign-in",
        readForm,
        passport.authenticate("local", { failureRedirect: "/sign-in" }) as RequestHandler,
        (_req, res) => {
          res.redirect("/user");
        },
      );
      app.get("/connect/notion", requireUser, passport.authorize("notion"));
      app.get(
        "/auth/notion/callback",
        requireUser,
        passport.authorize("notion", { failureRedirect: "/user" }) as RequestHandler,
        notion.remember(),
        (_req, res) => res.redirect("/user"),
      );
      app.get("/user", (req, res) => {
        res.json({
          user: req.user?.id ?? null,
          connections: req.notion.connections.map(({ workspaceName }) => workspaceName),
        });
      });
    },
  });
}

const readForm: RequestHandler = (req, _res, next) => {
  let body = "";
  req.setEncoding("utf8").on("data", (chunk: string) => {
    body += chunk;
  });
  req.on("end", () => {
    req.body = Object.fromEntries(new URLSearchParams(body));
    next();
  });
};
