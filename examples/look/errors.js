// @ts-check
import { NotionOAuthError, RequestRefusedError } from "express-notion-oauth";
import { html } from "./html.js";
import { layout } from "./layout.js";

/** @type {Readonly<Record<string, readonly [title: string, text: string]>>} */
const WORDS = {
  404: ["There is nothing here", "This address does not lead anywhere."],
  access_denied: ["You did not connect Notion", "That is fine: nothing was shared, and this app got no token."],
  invalid_state: ["Please start again", "This login was not started here, was already finished, or has expired."],
  login_required: ["Please log in first", "You are not logged in any more."],
};

/** @param {ReturnType<typeof toProblem>} problem @param {ErrorPages} pages */
function errorPage({ status, code, text, canConnect }, { site, code: path, login, home = "Go to the start page" }) {
  const [title, explanation] = WORDS[code ?? status] ?? [
    "That did not work",
    text ?? "Something went wrong. Please try again in a moment.",
  ];
  const offersLogin = canConnect && login !== undefined;
  return layout({
    site,
    code: path,
    title,
    main: html`<section class="card middle">
<h1>${title}</h1>
<p class="lead">${explanation}</p>
<p class="actions">
${offersLogin && html`<a class="button main" href="${login}">Connect to Notion</a>`}
<a class="button ${!offersLogin && "main"}" href="/">${home}</a>
</p>
</section>`,
  });
}

/** @param {unknown} error */
function toProblem(error) {
  const known = error instanceof NotionOAuthError ? error : undefined;
  // Express' own errors have a status, too: an address that cannot be decoded is a 400.
  const { status = 500 } = /** @type {{ status?: number }} */ (error);
  const canConnect = known !== undefined && !(known instanceof RequestRefusedError);
  // Only what an error of the package exposes may be shown.
  return { status, code: known?.code, text: known?.expose ? known.message : undefined, canConnect };
}

/**
 * @typedef {object} ErrorPages
 * @property {string} site the name of the example
 * @property {string} code where its code is
 * @property {string} [login] where people connect to Notion, when that is worth a try after an error
 * @property {string} [home] what the way back is called
 */

/** The last two handlers of an app: for addresses that lead nowhere, and for what the others threw. @param {ErrorPages} pages */
export function errorHandlers(pages) {
  /**
   * @param {import("express").Request} _req
   * @param {import("express").Response} res
   */
  function notFound(_req, res) {
    res.status(404).send(errorPage(toProblem({ status: 404 }), pages));
  }

  /**
   * @param {unknown} error
   * @param {import("express").Request} _req
   * @param {import("express").Response} res
   * @param {import("express").NextFunction} next
   */
  function handleError(error, _req, res, next) {
    if (res.headersSent) {
      next(error);
      return;
    }
    const problem = toProblem(error);
    const { status, code = "internal_error" } = problem;
    // Never a whole error: the ones of HTTP clients may hold the request, token included.
    if (status >= 500) console.error(problem.code ?? (error instanceof Error ? error.stack : typeof error));
    res.status(status).format({
      html: () => res.send(errorPage(problem, pages)),
      json: () => res.json({ error: code }),
    });
  }

  return [notFound, handleError];
}
