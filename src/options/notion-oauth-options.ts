import type { Agent } from "node:http";
import type { Request, Response } from "express";
import type { NotionPage } from "../express/http/notion-page.js";
import type { NotionConnection } from "../vault/connection.js";
import type { Logger } from "../events.js";
import type { RevocationOutcome } from "../lifecycle/ending/outcome.js";
import type { NotionVault } from "../vault/vault.js";
import type { PageTexts } from "./page-texts.js";

/** A path below the app, or `false` to leave the route out. */
export type RoutePath = string | false;

/** What {@link createNotionOAuth} accepts. The object is read once and never written to. */
export interface NotionOAuthOptions {
  /** The OAuth client id of the public connection, from its settings at Notion. */
  readonly clientId: string;
  /** The OAuth client secret, or a function that brings it at each call, so that it can rotate. */
  readonly clientSecret: string | (() => string | Promise<string>);
  /** Absolute redirect URI, exactly as registered at Notion; https, or http on loopback. Required for login and callback. */
  readonly redirectUri?: string;
  /** Where tokens are kept until they are dead. Default `memoryVault()`, which forgets when the process ends. */
  readonly vault?: NotionVault;
  /**
   * Seals tokens and login cookies: at least 16 characters. A list rotates: the first seals, all open. Default: derived from the client
   * secret; required when that is a function.
   */
  readonly secret?: string | readonly string[];
  /** The property of `req` and of the session, and part of the login cookie's name: two clients in one app have two names. Default `notion`. */
  readonly name?: string;
  /**
   * The app's own user of a request, such as `(req) => req.user?.id` or `(req) => req.session.userId`; undefined where nobody is logged in. Connections
   * then belong to users: they are there in every session and on every device of theirs, and outlive logouts. A string or a number. Read it from the
   * session (or Passport's `req.user`), not from what an earlier middleware has put on `req`: a session that was logged out elsewhere is emptied in between.
   */
  readonly user?: (req: Request) => string | number | bigint | null | undefined;
  /** Default `https://api.notion.com`. http only on loopback. */
  readonly baseUrl?: string;
  /** The `Notion-Version` header. Default `2025-09-03`, the SDK's. */
  readonly notionVersion?: string;
  /** How long whoever waits for a call to Notion waits at the most, in ms. Default 5000. */
  readonly timeout?: number;
  /** A Node `http.Agent` or `https.Agent`. Default: a keep-alive agent. */
  readonly agent?: Agent;
  /** Where the routes are. Default `/login`, the path of `redirectUri`, `/logout`, `/disconnect`. */
  readonly routes?: {
    /** Default `/login`. */
    readonly login?: RoutePath;
    /** Default: the path of `redirectUri`. Where a mount adds to the path, what is left of the redirect URI's path below it. */
    readonly callback?: RoutePath;
    /** Default `/logout`. */
    readonly logout?: RoutePath;
    /** Default `/disconnect`. */
    readonly disconnect?: RoutePath;
  };
  /**
   * What stands before the routes in the addresses that browsers see: what a proxy strips, what a mount adds, or both. Default: where the middleware is
   * mounted, once a request has shown that.
   */
  readonly basePath?: string;
  /** Where HTML clients go after a logout. Default: the start page, `/`. */
  readonly postLogoutRedirect?: string;
  /** `inline` answers after Notion confirmed or `logoutTimeout`; `background` once the end is durable. Default `inline`. */
  readonly logoutMode?: "inline" | "background";
  /** How long the inline attempt may hold the answer, in ms. Default 3000. */
  readonly logoutTimeout?: number;
  /**
   * `"last"`: a logout revokes only tokens that no other session or user holds; `false`: it ends the session only, and its connections live on. Default
   * true; with `user`, false. There, `"last"` ends the user's connections with the last session that used them, and `true` with any.
   */
  readonly revokeOnLogout?: boolean | "last";
  /** Whether the connections of sessions that expire without a logout are ended too. Default true. */
  readonly revokeOnExpiry?: boolean;
  /** How long a session whose cookie has no `maxAge` may live unused, in ms. Default 14 days, the longest default of the usual stores. */
  readonly sessionLifetime?: number;
  /** Further origins that may post a logout and be returned to. */
  readonly trustedOrigins?: readonly string[];
  /**
   * Where a started login waits for the browser to come back. `cookie`: in a sealed cookie of its own, so that there is no session before the login;
   * `session`: in the session, for hosts that pass one cookie only. Default `cookie`.
   */
  readonly loginState?: "cookie" | "session";
  /** Back-off of revocations, in ms. */
  readonly retry?: {
    /** The pause before the second try, in ms; it grows with each. Default 1000. */
    readonly minDelay?: number;
    /** The longest pause between two tries, in ms. Default 900_000 (15 minutes). */
    readonly maxDelay?: number;
    /** How long a revocation is tried before it is given up as `failed`, in ms. Default 259_200_000 (3 days). */
    readonly maxAge?: number;
  };
  /** Runs after a login was stored, before the redirect. A throw is reported and changes nothing. */
  readonly afterCallback?: (req: Request, res: Response, connection: NotionConnection) => unknown;
  /** Runs at each logout, before the session is destroyed. A throw is reported and never undoes a logout. */
  readonly onLogout?: (req: Request, res: Response, outcome: RevocationOutcome) => unknown;
  /** How the package's own pages look: the confirmation of a logout, and what errors come to. Default: English, and a look of their own. */
  readonly pages?: {
    /** Language of the texts, as a BCP 47 tag. Default `en`. */
    readonly locale?: string;
    /** Texts in place of the English ones, by name; those that are left out stay as they are. */
    readonly texts?: Partial<PageTexts>;
    /**
     * The app's own template: brings the HTML of a page, within 3 s. The app's own Content-Security-Policy holds for it. One that throws, rejects or brings
     * no string is reported, and the package's page is shown.
     */
    readonly render?: (page: NotionPage, req: Request) => string | Promise<string>;
  };
  /** Default: the `debug` namespaces `notion-oauth:*`, and errors to stderr. Methods that it lacks are not called. */
  readonly logger?: Partial<Logger>;
}

/** The options after they were checked: complete, frozen, detached from what the caller passed. */
export interface ResolvedOptions {
  readonly clientId: string;
  readonly clientSecret: string | (() => string | Promise<string>);
  readonly redirectUri: string | undefined;
  readonly secrets: readonly string[];
  readonly name: string;
  readonly vault: NotionVault | undefined;
  readonly user: NotionOAuthOptions["user"];
  readonly baseUrl: string;
  readonly notionVersion: string;
  readonly timeout: number;
  readonly agent: Agent | undefined;
  readonly routes: Readonly<Record<"login" | "callback" | "logout" | "disconnect", RoutePath>>;
  readonly basePath: string | undefined;
  readonly postLogoutRedirect: string | undefined;
  readonly logoutMode: "inline" | "background";
  readonly logoutTimeout: number;
  readonly revokeOnLogout: boolean | "last";
  readonly revokeOnExpiry: boolean;
  readonly sessionLifetime: number;
  readonly trustedOrigins: readonly string[];
  readonly loginState: "cookie" | "session";
  readonly retry: { readonly minDelay: number; readonly maxDelay: number; readonly maxAge: number };
  readonly afterCallback: NotionOAuthOptions["afterCallback"];
  readonly onLogout: NotionOAuthOptions["onLogout"];
  readonly pages: {
    readonly locale: string;
    readonly texts: PageTexts;
    readonly render: NonNullable<NotionOAuthOptions["pages"]>["render"];
  };
  readonly logger: Logger | undefined;
}
