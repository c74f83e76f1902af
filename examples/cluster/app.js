// @ts-check
import { fileURLToPath } from "node:url";
import { Client, LogLevel } from "@notionhq/client";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import { errorHandlers } from "../look/errors.js";
import { lookFiles } from "../look/layout.js";
import { fireRequests, letExpire } from "./fire-requests.js";
import { page, site } from "./page.js";

/** How many requests the button fires. */
const REQUESTS = 25;

/**
 * @param {object} parts
 * @param {import("express-notion-oauth").NotionOAuth} parts.notion
 * @param {session.Store} parts.store
 * @param {string} parts.sessionSecret
 * @param {string} parts.origin where the browser finds this app
 * @param {string} parts.notionUrl of the emulated Notion
 * @param {number} parts.process which of the processes this is
 * @param {number} parts.processes how many there are
 */
export function createApp({ notion, store, sessionSecret, origin, notionUrl, process, processes }) {
  const app = express();
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          formAction: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // helmet's default, no-referrer, makes browsers send `Origin: null` with this app's own forms.
      referrerPolicy: { policy: "same-origin" },
      // This example is served over http, on this machine only.
      strictTransportSecurity: false,
    }),
  );
  app.use((_req, res, next) => {
    res.set("X-Process", String(process));
    next();
  });
  app.use(express.static(lookFiles), express.static(fileURLToPath(new URL("public", import.meta.url))));
  app.use(
    session({
      store,
      secret: sessionSecret,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: "lax", maxAge: 8 * 60 * 60 * 1000 },
    }),
  );
  app.use(notion.middleware());
  app.use((_req, res, next) => {
    res.set("Cache-Control", "no-store");
    next();
  });

  app.get("/", (req, res) => {
    res.send(
      page({ connection: req.notion.connection, run: req.session.lastRun, requests: REQUESTS, process, processes }),
    );
  });

  // Whether it was this process that refreshed, for the page to show.
  let refreshes = 0;
  notion.on("connection.refreshed", () => {
    refreshes += 1;
  });

  // What is fired at: any route that calls Notion with the user's token.
  app.get("/me", notion.requireConnection(), async (req, res) => {
    const before = refreshes;
    const me = await req.notion.withAccessToken((auth) =>
      // An expired token is no reason for a warning: withAccessToken() refreshes it and asks once more.
      new Client({ auth, baseUrl: notionUrl, logLevel: LogLevel.ERROR }).users.me({}),
    );
    if (refreshes > before) res.set("X-Refreshed", "yes");
    res.json({ name: me.name });
  });

  // For fire.js; the real Notion expires tokens by itself.
  app.post("/expire", notion.requireConnection(), async (req, res) => {
    await letExpire(notionUrl, await req.notion.accessToken());
    res.sendStatus(204);
  });

  app.post("/fire", notion.requireConnection(), async (req, res) => {
    req.session.lastRun = await fireRequests({
      origin,
      notionUrl,
      cookie: req.get("cookie") ?? "",
      requests: REQUESTS,
    });
    res.redirect(303, "/");
  });

  app.use(errorHandlers({ ...site, login: "/login" }));
  return app;
}
