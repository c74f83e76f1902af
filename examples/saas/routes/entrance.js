// @ts-check
// Signing up and logging in to this app, with a name and a password.
import { promisify } from "node:util";
import { Router } from "express";
import { deviceOf } from "../device.js";
import { entrancePage } from "../views/entrance.js";

/** @param {import("../app.js").Parts} parts */
export function entrance({ accounts }) {
  const router = Router();

  for (const form of /** @type {const} */ (["log-in", "sign-up"])) {
    router.get(`/${form}`, (req, res) => {
      if (accounts.find(req.session.userId)) res.redirect(303, "/");
      else res.send(entrancePage({ form, isLoggedOut: req.query.done === "logged-out" }));
    });
  }

  // In production, slow down whoever guesses passwords: express-rate-limit, by name and by address.
  router.post("/log-in", async (req, res) => {
    const { name, password } = fieldsOf(req);
    const account = await accounts.withPassword(name, password);
    if (account) return enter(req, res, account);
    const problem = "There is no account with this name and password.";
    res.status(401).send(entrancePage({ form: "log-in", name, problem }));
  });

  router.post("/sign-up", async (req, res) => {
    const { name, password } = fieldsOf(req);
    const fail = (/** @type {number} */ status, /** @type {string} */ problem) =>
      void res.status(status).send(entrancePage({ form: "sign-up", name, problem }));
    if (name === "" || name.length > 60) return fail(400, "Please choose a name of up to 60 characters.");
    if (password.length < 8 || password.length > 200)
      return fail(400, "Please choose a password of 8 to 200 characters.");
    const account = await accounts.create(name, password);
    if (account) return enter(req, res, account);
    fail(409, "This name is taken. Please choose another one.");
  });

  return router;
}

/**
 * A new session with a new id: whoever knows the old one does not get in.
 * @param {import("express").Request} req
 * @param {import("express").Response} res
 * @param {import("../accounts.js").Account} account
 */
async function enter(req, res, account) {
  await promisify(req.session.regenerate).call(req.session);
  req.session.userId = account.id;
  req.session.device = deviceOf(req.get("user-agent"));
  res.redirect(303, "/");
}

/** @param {import("express").Request} req */
function fieldsOf({ body }) {
  const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
  return { name: text(body?.name).trim(), password: text(body?.password) };
}
