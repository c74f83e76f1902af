// @ts-check
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { Client } from "@notionhq/client";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import { errorHandlers } from "../look/errors.js";
import { lookFiles } from "../look/layout.js";
import { createAuthentication } from "./authentication.js";
import { homePage, signInPage, site } from "./views.js";

/**
 * @param {object} parts
 * @param {import("express-notion-oauth").NotionOAuth} parts.notion
 * @param {string} parts.origin where the browser finds this app
 * @param {string | undefined} parts.notionUrl undefined: the real Notion
 */
export function createApp({ notion, origin, notionUrl }) {
  const app = express();
  const isHttps = origin.startsWith("https:");
  if (isHttps) app.set("trust proxy", 1);
  app.use(secureHeaders(isHttps));
  app.use(express.static(lookFiles), express.static(fileURLToPath(new URL("public", import.meta.url))));

  // In this order: the logout needs to know both the session and req.user.
  const passport = createAuthentication(notion);
  app.use(
    session({
      // MemoryStore, on purpose: server.js revokes the tokens of these sessions before it exits.
      store: new session.MemoryStore(),
      secret: randomBytes(32).toString("base64url"),
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: "lax", secure: isHttps, maxAge: 8 * 60 * 60 * 1000 },
    }),
  );
  app.use(passport.session());
  app.use(notion.middleware());
  app.use((_req, res, next) => {
    // What a signed-in user saw must not come back with the Back button.
    res.set("Cache-Control", "no-store");
    next();
  });

  app.get("/auth/notion", passport.authenticate("notion"));
  app.get(
    "/auth/notion/callback",
    passport.authenticate("notion", { failureRedirect: "/", failureMessage: true }),
    // Not successRedirect: remember() comes after the login.
    notion.remember(),
    (_req, res) => res.redirect("/"),
  );

  app.get("/", async (req, res) => {
    if (!req.user) {
      const [message] = req.session.messages ?? [];
      delete req.session.messages;
      res.send(signInPage({ message, isEmulated: notionUrl !== undefined }));
      return;
    }
    res.send(homePage({ user: req.user, connection: req.notion.connection, bot: await botName(req.notion) }));
  });

  app.use(errorHandlers(site));
  return app;

  /**
   * Asks Notion something with the user's token; refreshed when Notion answers 401.
   * @param {import("express-notion-oauth").NotionRequest} reqNotion
   */
  async function botName(reqNotion) {
    if (!reqNotion.isConnected()) return undefined;
    try {
      const bot = await reqNotion.withAccessToken((auth) =>
        new Client({ auth, ...(notionUrl && { baseUrl: notionUrl }) }).users.me({}),
      );
      return bot.name ?? undefined;
    } catch {
      // A Notion that is away must not take this page, and its logout button, with it.
      return undefined;
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
        imgSrc: ["'self'"],
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
