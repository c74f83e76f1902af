// @ts-check
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import express from "express";
import { ConnectionError, NotionOAuthError, RequestRefusedError } from "express-notion-oauth";
import session from "express-session";
import helmet from "helmet";
import { listPages, PagesUnavailable } from "./notion-pages.js";
import { ownForm } from "./own-form.js";
import { errorPage, homePage } from "./views.js";

/**
 * @param {object} parts
 * @param {import("express-notion-oauth").NotionOAuth} parts.notion
 * @param {string} parts.origin where the browser finds this app
 * @param {import("./token-log.js").TokenLog} parts.tokenLog
 * @param {import("express-notion-oauth/emulator").NotionEmulator | undefined} parts.emulator undefined: the real Notion
 */
export function createApp({ notion, origin, tokenLog, emulator }) {
  const app = express();
  const isHttps = origin.startsWith("https:");
  // Something in front of us ends TLS; without this, express-session would not send a `secure` cookie.
  if (isHttps) app.set("trust proxy", 1);

  app.use(secureHeaders(isHttps));
  app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));
  if (emulator) app.use(oneHost(origin));

  app.use(
    session({
      // MemoryStore, on purpose: an app in production takes a store that outlives its process, such as connect-redis. The tokens are not
      // in it. Those of real sessions that end with this process are revoked by server.js; after a crash by the next start, once
      // their time is over.
      store: new session.MemoryStore(),
      secret: randomBytes(32).toString("base64url"),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: "lax", secure: isHttps, maxAge: 8 * 60 * 60 * 1000 },
    }),
  );

  // req.notion, /login, the callback, /logout and /disconnect.
  app.use(notion.middleware());

  // What a connected user saw must not come back with the Back button.
  app.use((_req, res, next) => {
    res.set("Cache-Control", "no-store");
    next();
  });

  // Express 5 hands what an async handler throws to the error handler; in Express 4 it takes a try and a next(error).
  app.get("/", async (req, res) => {
    const pages = req.notion.isConnected() ? await pagesOrProblem(req.notion) : undefined;
    res.send(
      homePage({
        connection: req.notion.connection,
        pages,
        since: req.session.since,
        isLoggedOut: "logged-out" in req.query,
        tokenLog,
        emulated: emulator && { isDown: emulator.isDown },
      }),
    );
  });

  // The same for a program: 401 {"error":"not_connected"} without a connection; a browser is sent to the login and back.
  app.get("/pages", notion.requireConnection(), async (req, res) => {
    res.json(await listPages(req.notion, emulator?.url));
  });

  if (emulator) {
    app.post("/outage", ownForm(origin), express.urlencoded({ extended: false }), (req, res) => {
      if (req.body.notion === "down") emulator.down();
      else emulator.up();
      tokenLog.note(emulator.isDown ? "Notion goes down" : "Notion is up again");
      res.redirect(303, "/");
    });
  }

  app.use((_req, res) => {
    res.status(404).send(errorPage({ status: 404 }));
  });
  app.use(handleError);
  return app;

  /**
   * A Notion that is away must not take this page, and its logout button, with it.
   * @param {import("express-notion-oauth").NotionRequest} reqNotion
   * @returns {Promise<import("./views.js").Pages>}
   */
  async function pagesOrProblem(reqNotion) {
    try {
      return { list: await listPages(reqNotion, emulator?.url) };
    } catch (error) {
      // The connection ended at Notion's side, and with it this session's: the page shows how to connect again.
      if (error instanceof ConnectionError) return { problem: error.status === 401 ? "reconnect" : "unavailable" };
      if (error instanceof PagesUnavailable) return { problem: "unavailable" };
      throw error;
    }
  }
}

/** @param {boolean} isHttps */
function secureHeaders(isHttps) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        // Workspaces have icons at addresses of their own.
        imgSrc: ["'self'", "https:"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // helmet's default, no-referrer, makes browsers send `Origin: null` with this app's own forms.
    referrerPolicy: { policy: "same-origin" },
    strictTransportSecurity: isHttps,
  });
}

/**
 * Cookies belong to one host name. Who comes by another one (127.0.0.1) is sent to the one that Notion sends back to.
 * @param {string} origin
 * @returns {import("express").RequestHandler}
 */
function oneHost(origin) {
  const { host } = new URL(origin);
  return function redirectToHost(req, res, next) {
    if (req.get("host") === host) next();
    else res.redirect(origin + req.originalUrl);
  };
}

/**
 * @param {unknown} error
 * @param {import("express").Request} _req
 * @param {import("express").Response} res
 * @param {import("express").NextFunction} next
 */
function handleError(error, _req, res, next) {
  if (res.headersSent) {
    next(error);
    return;
  }
  const known = error instanceof NotionOAuthError ? error : undefined;
  // Express' own errors have a status, too: an address that cannot be decoded is a 400.
  const { status = 500 } = /** @type {{ status?: number }} */ (error);
  // Never a whole error: the ones of HTTP clients may hold the request, token included.
  if (status >= 500) console.error(known?.code ?? (error instanceof Error ? error.stack : typeof error));
  const canConnect = known !== undefined && !(known instanceof RequestRefusedError);
  const text = known?.expose ? known.message : undefined;
  res.status(status).format({
    html: () => res.send(errorPage({ status, code: known?.code, text, canConnect })),
    json: () => res.json({ error: known?.code ?? "internal_error" }),
  });
}
