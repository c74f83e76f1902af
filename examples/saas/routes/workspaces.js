// @ts-check
// What the user has connected, and what was found there.
import { Router } from "express";
import { ConnectionError } from "express-notion-oauth";
import { connectionsOf } from "../connections-of.js";
import { removeAtNotion } from "../emulated-notion.js";
import { readTitles } from "../read-titles.js";
import { requireAccount } from "../require-account.js";
import { workspacesPage } from "../views/workspaces.js";

/** @param {import("../app.js").Parts} parts */
export function workspaces({ notion, accounts, synced, notionUrl }) {
  const router = Router();
  const loggedIn = requireAccount(accounts);

  router.get("/", loggedIn, async (req, res) => {
    const { id, name } = req.account;
    // Before the rest is read: what changes meanwhile is told once the page is there.
    const version = synced.version(id);
    const connections = await connectionsOf(notion, id);
    res.send(workspacesPage({ name, connections, found: synced.of(id), version, isEmulated: notionUrl !== undefined }));
  });

  // Whether the worker may read it.
  router.post("/workspaces/background", loggedIn, async (req, res) => {
    const connection = await connectionOf(req);
    await connection?.setUnattended(req.body?.allowed === "yes");
    res.redirect(303, "/");
  });

  // The user is there and asks for it, so it does not matter what the worker may do.
  router.post("/workspaces/read", loggedIn, async (req, res) => {
    const botId = String(req.body?.botId);
    try {
      req.notion.select(botId);
      synced.save(req.account.id, botId, await readTitles(await req.notion.client()));
    } catch (error) {
      if (!(error instanceof ConnectionError)) synced.fail(req.account.id, botId);
      // The page tells what to do.
      else if (error.status !== 401) throw error;
    }
    res.redirect(303, "/");
  });

  if (notionUrl !== undefined) {
    router.post("/emulated-notion/remove", loggedIn, async (req, res) => {
      const connection = await connectionOf(req);
      if (connection) await removeAtNotion(notionUrl, connection.connection.botId);
      res.redirect(303, "/");
    });
  }

  return router;

  /** @param {import("express").Request} req */
  async function connectionOf({ account, body }) {
    const connections = await connectionsOf(notion, account.id);
    return connections.find(({ connection }) => connection.botId === body?.botId);
  }
}
