// @ts-check

/**
 * Lets a form through only when one of this app's own pages sent it: for all forms at once. (The routes of express-notion-oauth check this by
 * themselves.)
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 * @param {string} origin the app's own
 * @returns {import("express").RequestHandler}
 */
export function ownForms(origin) {
  return function requireOwnForm(req, res, next) {
    const site = req.get("sec-fetch-site");
    const isOwn = site === undefined ? req.get("origin") === origin : site === "same-origin";
    if (req.method === "GET" || req.method === "HEAD" || isOwn) next();
    else res.status(403).type("text").send("Requests from other sites are refused.\n");
  };
}
