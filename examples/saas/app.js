// @ts-check
import { fileURLToPath } from "node:url";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import { errorHandlers } from "../look/errors.js";
import { lookFiles } from "../look/layout.js";
import { ownForms } from "./own-forms.js";
import { account } from "./routes/account.js";
import { changes } from "./routes/changes.js";
import { entrance } from "./routes/entrance.js";
import { security } from "./routes/security.js";
import { workspaces } from "./routes/workspaces.js";
import { site } from "./views/page.js";

/**
 * @typedef {object} Parts
 * @property {import("express-notion-oauth").NotionOAuth} notion
 * @property {import("./accounts.js").Accounts} accounts
 * @property {import("./synced.js").AllSynced} synced
 * @property {import("./session-store.js").SessionStore} sessions
 * @property {string} origin where the browser finds this app
 * @property {string} sessionSecret
 * @property {string | undefined} notionUrl undefined: the real Notion
 */

/** @param {Parts} parts */
export function createApp(parts) {
  const { notion, sessions, origin, sessionSecret } = parts;
  const app = express();
  const isHttps = origin.startsWith("https:");
  // Something in front of us ends TLS; without this, express-session would not send a `secure` cookie.
  if (isHttps) app.set("trust proxy", 1);

  app.use(secureHeaders(isHttps));
  app.use(express.static(lookFiles), express.static(fileURLToPath(new URL("public", import.meta.url))));
  app.use(
    session({
      store: sessions,
      secret: sessionSecret,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: "lax", secure: isHttps, maxAge: 30 * 24 * 60 * 60 * 1000 },
    }),
  );

  // req.notion, /notion/connect, the callback, /notion/disconnect and /log-out.
  app.use(notion.middleware());

  app.use((_req, res, next) => {
    // What a user saw must not come back with the Back button.
    res.set("Cache-Control", "no-store");
    next();
  });
  app.use(ownForms(origin));
  app.use(express.urlencoded({ extended: false }));

  app.use(entrance(parts));
  app.use(workspaces(parts));
  app.use(changes(parts));
  app.use(security(parts));
  app.use(account(parts));

  app.use(errorHandlers({ ...site, home: "Go to your workspaces" }));
  return app;
}

/** @param {boolean} isHttps */
function secureHeaders(isHttps) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
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
