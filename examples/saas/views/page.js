// @ts-check
import { html } from "../../look/html.js";
import { layout, post } from "../../look/layout.js";

/** What all pages of this example say about it. */
export const site = { site: "SaaS example", code: "examples/saas/" };

/**
 * @param {object} page
 * @param {string} page.title
 * @param {import("../../look/html.js").Html} page.main
 * @param {string | undefined} [page.name] of the account that is logged in
 * @param {string | undefined} [page.version] of what the page shows: with it, the page follows what changes
 */
export function page({ title, main, name, version }) {
  const nav =
    name !== undefined &&
    html`<nav aria-label="Account">
${navLink("/", "Workspaces", title)}
${navLink("/security", "Security", title)}
${post("/log-out", "Log out", { tone: "quiet" })}
</nav>`;
  return layout({ ...site, title, main, nav, version });
}

/**
 * @param {string} href
 * @param {string} text
 * @param {string} title of the page that is shown
 */
function navLink(href, text, title) {
  return html`<a href="${href}"${text === title && html` aria-current="page"`}>${text}</a>`;
}
