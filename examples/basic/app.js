// @ts-check
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import express from "express";
import { ConnectionError } from "express-notion-oauth";
import session from "express-session";
import helmet from "helmet";
import { errorHandlers } from "../look/errors.js";
import { lookFiles } from "../look/layout.js";
import { changes } from "./changes.js";
import { lookInside, setOutage } from "./emulated-notion.js";
import { listPages, PagesUnavailable } from "./notion-pages.js";
import { ownForm } from "./own-form.js";
import { homePage } from "./views/home.js";
import { site } from "./views/site.js";
import { stoppingPage } from "./views/stopping.js";

/**
 * @param {object} parts
 * @param {import("express-notion-oauth").NotionOAuth} parts.notion
 * @param {string} parts.origin where the browser finds this app
 * @param {import("./journal.js").Journal} parts.journal
 * @param {string | undefined} parts.notionUrl of the emulated Notion; undefined: the real one
 * @param {() => void} parts.stop ends this process
 * @param {AbortSignal} parts.stopping aborted when it ends
 */
export function createApp({ notion, origin, journal, notionUrl, stop, stopping }) {
  const app = express();
  const isHttps = origin.startsWith("https:");
  // Something in front of us ends TLS; without this, express-session would not send a `secure` cookie.
  if (isHttps) app.set("trust proxy", 1);

  app.use(secureHeaders(isHttps));
  // Fresh for a minute, so that the page of a server that stops still has its style sheets.
  for (const folder of [lookFiles, fileURLToPath(new URL("public", import.meta.url))]) {
    app.use(express.static(folder, { maxAge: 60_000 }));
  }
  if (notionUrl) app.use(oneHost(origin));

  // For everybody, and kept open: it has no use for a session.
  app.get("/changes", changes(journal, stopping));

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
        journal,
        inside: notionUrl ? await lookInside(notionUrl) : undefined,
      }),
    );
  });

  // The same for a program: 401 {"error":"not_connected"} without a connection; a browser is sent to the login and back.
  app.get("/pages", notion.requireConnection(), async (req, res) => {
    res.json(await listPages(req.notion, notionUrl));
  });

  if (notionUrl) {
    app.post("/outage", ownForm(origin), express.urlencoded({ extended: false }), async (req, res) => {
      const isDown = req.body.notion === "down";
      await setOutage(notionUrl, isDown);
      journal.write({ type: "notion", isUp: !isDown });
      res.redirect(303, "/");
    });

    // start.js starts another process.
    app.post("/restart", ownForm(origin), (_req, res) => {
      res.set("Connection", "close").send(stoppingPage());
      res.on("close", stop);
    });
  }

  app.use(errorHandlers({ ...site, login: "/login" }));
  return app;

  /**
   * A Notion that is away must not take this page, and its logout button, with it.
   * @param {import("express-notion-oauth").NotionRequest} reqNotion
   * @returns {Promise<import("./views/workspace.js").Pages>}
   */
  async function pagesOrProblem(reqNotion) {
    try {
      return { list: await listPages(reqNotion, notionUrl) };
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
        // The page's own script, and what it listens to.
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
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
