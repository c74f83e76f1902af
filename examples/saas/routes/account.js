// @ts-check
// Deleting an account: asked for once more, done, and proved.
import { promisify } from "node:util";
import { Router } from "express";
import { deleteAccount } from "../account-deletion.js";
import { requireAccount } from "../require-account.js";
import { deletionPage, goodbyePage } from "../views/account.js";

/** @param {import("../app.js").Parts} parts */
export function account({ notion, accounts }) {
  const router = Router();
  const loggedIn = requireAccount(accounts);

  router.get("/account/delete", loggedIn, (req, res) => {
    res.send(deletionPage(req.account));
  });

  router.post("/account/delete", loggedIn, async (req, res) => {
    const { id } = req.account;
    await deleteAccount({ accounts, notion }, id);
    // The account's sessions went with it. This one is nobody's, and shows what became of the tokens.
    await promisify(req.session.regenerate).call(req.session);
    req.session.deletedUser = id;
    res.redirect(303, "/goodbye");
  });

  router.get("/goodbye", async (req, res) => {
    const user = req.session.deletedUser;
    if (user === undefined) res.redirect(303, "/log-in");
    else res.send(goodbyePage(await notion.revocations.receipts({ user })));
  });

  return router;
}
