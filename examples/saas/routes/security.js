// @ts-check
// Where users see on which devices they are logged in, and what this app may read.
import { Router } from "express";
import { connectionsOf } from "../connections-of.js";
import { requireAccount } from "../require-account.js";
import { securityPage } from "../views/security.js";

/** @param {import("../app.js").Parts} parts */
export function security({ notion, accounts, sessions }) {
  const router = Router();
  const loggedIn = requireAccount(accounts);

  router.get("/security", loggedIn, async (req, res) => {
    const { id: user, name } = req.account;
    const [connections, known] = await Promise.all([
      connectionsOf(notion, user),
      notion.connections.sessions({ user }),
    ]);
    const devices = [...sessions.devices(user)].map(([id, device]) => ({
      device,
      isThis: id === req.sessionID,
      lastUsedAt: known.find((session) => session.is(id))?.lastUsedAt,
    }));
    res.send(securityPage({ name, connections, devices, isDone: req.query.done === "others" }));
  });

  router.post("/security/log-out-others", loggedIn, async (req, res) => {
    await logOutOthers(req);
    res.redirect(303, "/security?done=others");
  });

  router.post("/security/log-out-everywhere", loggedIn, async (req, res) => {
    await logOutOthers(req);
    await req.notion.logout();
    res.redirect(303, "/log-in?done=logged-out");
  });

  return router;

  /** @param {import("express").Request} req */
  async function logOutOthers({ account, sessionID }) {
    // No slow request brings these back, whichever process serves it; and a login at Notion that is under way in one of them fails.
    await notion.revokeAll({ user: account.id, except: sessionID });
    // Devices on which no connection was ever used: the vault does not know them.
    sessions.endOthers(account.id, sessionID);
  }
}
