import type { Express as ExpressApp, RequestHandler } from "express";
import type { Authenticator, AuthenticateOptions } from "passport";
import type { NotionOAuth, NotionVault } from "../../../src/index.js";
import { type NotionProfile, NotionStrategy, type NotionVerifyCallback } from "../../../src/passport/index.js";
import { startApp, type TestApp, type TestAppOptions } from "../../support/app.js";
import { type Answer, Client } from "../../support/client.js";
import { expresses, passports } from "./versions.js";
import { newVault } from "../../support/new-vault.js";

export interface TestUser {
  readonly id: string;
  readonly name: string;
  readonly notionToken?: string;
}

declare global {
  namespace Express {
    interface User {
      id: string;
      name: string;
      notionToken?: string;
    }
    interface Request {
      /** Set by `passport.authorize`. */
      account?: User;
    }
  }
}

export interface PassportAppOptions extends Omit<TestAppOptions, "before"> {
  readonly passport?: keyof typeof passports;
  readonly express?: keyof typeof expresses;
  readonly verify?: (
    accessToken: string,
    refreshToken: string | null,
    profile: NotionProfile,
    done: NotionVerifyCallback,
  ) => unknown;
  /** In place of the strategy of `{ notion }` and `verify`. */
  readonly strategy?: (notion: NotionOAuth, app: ExpressApp) => NotionStrategy;
  /** Of `passport.authenticate` at the callback. */
  readonly authenticate?: AuthenticateOptions;
  /** `passport.authorize` in place of `passport.authenticate`. */
  readonly authorize?: boolean;
  /** Of `passport.authenticate` at the start. */
  readonly start?: object;
  /** `false`: `notion.remember()` is left out. */
  readonly remember?: boolean;
  /** Between `passport.authenticate` and `notion.remember()`. */
  readonly between?: RequestHandler;
  readonly serialize?: (user: Express.User, done: (error: unknown, id?: unknown) => void) => void;
  readonly setUp?: (app: ExpressApp, passport: Authenticator, notion: NotionOAuth) => void;
}

export interface PassportApp extends Omit<TestApp, "logIn" | "loggedIn"> {
  readonly vault: NotionVault;
  readonly passport: Authenticator;
  readonly strategy: NotionStrategy;
  /** The users the app knows, by id. */
  readonly users: Map<string, Express.User>;
  /** Goes to Notion and comes back; the answer of the callback. */
  logIn(client: Client, who?: { user?: string; workspace?: string; start?: string }): Promise<Answer>;
  /** Goes to Notion; the URL that Notion sends the browser back to. */
  callbackUrl(
    client: Client,
    who?: { user?: string; workspace?: string; start?: string; deny?: boolean },
  ): Promise<string>;
  loggedIn(who?: { user?: string; workspace?: string }): Promise<Client>;
}

/** An app as the guide sets it up: session, passport.session(), notion.middleware(), login routes with our strategy. */
export async function startPassportApp(options: PassportAppOptions = {}): Promise<PassportApp> {
  const passport = passports[options.passport ?? "0.7"]();
  const users = new Map<string, Express.User>();
  let strategy: NotionStrategy | undefined;
  const verify: NonNullable<PassportAppOptions["verify"]> = (accessToken, _refreshToken, profile, done) => {
    const user = { id: profile.id, name: profile.displayName, notionToken: accessToken };
    users.set(user.id, user);
    done(null, user);
  };
  passport.serializeUser((user, done) =>
    options.serialize === undefined ? done(null, user.id) : options.serialize(user, done),
  );
  passport.deserializeUser((id, done) => done(null, users.get(String(id)) ?? false));

  const vault = options.notion?.vault ?? newVault();
  const test = await startApp({
    ...options,
    notion: { ...options.notion, vault },
    createApp: options.createApp ?? expresses[options.express ?? "5"],
    before(app, notion) {
      const authorizeUrl = new URL(notion.client.authorizationUrl({ state: "x" }));
      Object.assign(app.locals, {
        baseUrl: authorizeUrl.origin,
        callbackURL: authorizeUrl.searchParams.get("redirect_uri"),
      });
      app.use(passport.initialize());
      app.use(passport.session());
      strategy = options.strategy?.(notion, app) ?? new NotionStrategy({ notion }, options.verify ?? verify);
      passport.use(strategy);
    },
    routes(app, notion) {
      const method = options.authorize === true ? "authorize" : "authenticate";
      app.get("/auth/notion", passport[method]("notion", options.start ?? {}));
      app.get(
        "/auth/notion/callback",
        passport[method](
          "notion",
          options.authenticate ?? { failureRedirect: "/failed", failureMessage: true },
        ) as RequestHandler,
        ...(options.between === undefined ? [] : [options.between]),
        ...(options.remember === false ? [] : [notion.remember()]),
        (req, res) => {
          res.json({ user: req.user ?? null, account: req.account ?? null, info: req.authInfo ?? null });
        },
      );
      app.get("/user", (req, res) => {
        res.json({ user: req.user?.id ?? null, sid: req.sessionID, session: { ...req.session, cookie: undefined } });
      });
      app.get("/failed", (req, res) => {
        res.json({ messages: (req.session as { messages?: string[] }).messages ?? [] });
      });
      options.setUp?.(app, passport, notion);
      options.routes?.(app, notion);
      app.use(((error: { status?: number; code?: string; message: string }, _req, res, next) => {
        if (res.headersSent) return next(error);
        res.status(error.status ?? 500).json({ code: error.code ?? null, message: error.message });
      }) as import("express").ErrorRequestHandler);
    },
  });

  const callbackUrl: PassportApp["callbackUrl"] = async (client, { start = "/auth/notion", ...who } = {}) => {
    const login = await client.get(start);
    return test.emulator.authorize(login.location, who);
  };
  const logIn: PassportApp["logIn"] = async (client, who) => client.get(await callbackUrl(client, who));
  return {
    ...test,
    vault,
    passport,
    get strategy() {
      if (strategy === undefined) throw new Error("No strategy.");
      return strategy;
    },
    users,
    callbackUrl,
    logIn,
    async loggedIn(who) {
      const client = new Client(test.origin);
      const answer = await logIn(client, who);
      if (answer.status !== 200) throw new Error(`The login did not work: ${answer.status} ${answer.body}`);
      return client;
    },
  };
}
