// @ts-check

/**
 * Lets through who is logged in to this app, as `req.account`; sends everybody else to the form.
 * @param {import("./accounts.js").Accounts} accounts
 * @returns {import("express").RequestHandler}
 */
export function requireAccount(accounts) {
  return function requireLoggedIn(req, res, next) {
    const account = accounts.find(req.session.userId);
    if (account === undefined) {
      res.redirect(303, "/log-in");
      return;
    }
    req.account = account;
    next();
  };
}
