// @ts-check
// Tells a page that is open when there is something new, by server-sent events. Nothing of it goes along: the page loads itself again.
import { Router } from "express";
import { requireAccount } from "../require-account.js";

/** How often the database is looked at, in ms. With PostgreSQL or Redis, listen instead. */
const PAUSE = 500;

/** @param {import("../app.js").Parts} parts */
export function changes({ accounts, synced }) {
  const router = Router();
  router.get("/changes", requireAccount(accounts), (req, res) => {
    res.type("text/event-stream").flushHeaders();
    let told = req.query.since;
    const timer = setInterval(() => {
      const version = synced.version(req.account.id);
      if (version === told) return;
      told = version;
      res.write("event: changed\ndata:\n\n");
    }, PAUSE);
    res.on("close", () => clearInterval(timer));
  });
  return router;
}
