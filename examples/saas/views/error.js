// @ts-check
import { html } from "../html.js";
import { layout } from "./layout.js";

/** @type {Readonly<Record<string, readonly [title: string, text: string]>>} */
const ERRORS = {
  404: ["There is nothing here", "This address does not lead anywhere."],
  access_denied: ["You did not connect Notion", "That is fine: nothing was shared, and this app got no token."],
  login_required: ["Please log in first", "You are not logged in any more."],
};

/**
 * @param {object} error
 * @param {number} error.status
 * @param {string | undefined} [error.code] of an error of express-notion-oauth
 * @param {string | undefined} [error.text] what may be shown of it
 */
export function errorPage({ status, code, text }) {
  const [title, explanation] = ERRORS[code ?? status] ?? [
    "That did not work",
    text ?? "Something went wrong. Please try again in a moment.",
  ];
  return layout({
    title,
    main: html`<section class="card narrow">
<h1>${title}</h1>
<p class="soft">${explanation}</p>
<p class="actions"><a class="button main" href="/">Go to your workspaces</a></p>
</section>`,
  });
}
