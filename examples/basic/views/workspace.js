// @ts-check
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { post, time } from "../../look/layout.js";
import { workspaceIcon, workspaceName } from "../../look/workspace.js";

/** @typedef {import("express-notion-oauth").NotionConnection} NotionConnection */
/** @typedef {import("../notion-pages.js").NotionPage} NotionPage */
/** @typedef {{ list: NotionPage[], problem?: undefined } | { problem: "reconnect" | "unavailable", list?: undefined }} Pages */

/**
 * What the user has connected, and the way out.
 * @param {object} state
 * @param {NotionConnection} state.connection
 * @param {Pages | undefined} state.pages
 * @param {boolean} state.isEmulated
 * @param {boolean} state.hasLogout the button is here, and not among the steps
 */
export function workspaceCards({ connection, pages, isEmulated, hasLogout }) {
  return html`<div class="pair">
<section class="card" aria-labelledby="workspace">
<div class="workspace">
${workspaceIcon(connection)}
<div>
<h2 id="workspace">${workspaceName(connection)}</h2>
<p class="soft small">${owner(connection)}</p>
</div>
</div>
<div class="actions">
${hasLogout && post("/logout", "Log out")}
${post("/disconnect", "Disconnect")}
</div>
<p class="soft small">Logging out and disconnecting both revoke the tokens. Logging out ends your session here as well.</p>
</section>
<section class="card" aria-labelledby="pages">
<h2 id="pages">Pages</h2>
${pages?.list ? pageList(pages.list, isEmulated) : unavailable()}
</section>
</div>`;
}

/** A session that goes on without a connection. @param {number} since */
export function sessionCard(since) {
  return html`<section class="card" aria-labelledby="session">
<h2 id="session">Your session in this app goes on</h2>
<p class="soft">It began at ${time(since)}, and has no connection to Notion.</p>
<div class="actions">${post("/logout", "Log out")}</div>
</section>`;
}

function unavailable() {
  return html`<p class="notice">Notion does not answer at the moment, so your pages are not here. Logging out works all the same.</p>`;
}

/** @param {NotionConnection} connection */
function owner({ owner, connectedAt }) {
  if (owner.type === "workspace") return html`Connected for the whole workspace at ${time(connectedAt)}`;
  const { name, person } = owner.user;
  const who = name
    ? person?.email
      ? `${name} (${person.email})`
      : name
    : (person?.email ?? "a person without a name");
  return html`Connected by ${who} at ${time(connectedAt)}`;
}

/**
 * @param {NotionPage[]} pages
 * @param {boolean} isEmulated
 */
function pageList(pages, isEmulated) {
  if (pages.length === 0) return html`<p class="soft">You have shared no pages with this app.</p>`;
  return html`<ul class="rows">
${pages.map(
  ({ title, url, editedAt }) => html`<li>
<span class="soft">${icon("page")}</span>
<span class="grow">${isEmulated ? title : html`<a href="${url}" rel="noreferrer">${title}</a>`}</span>
<span class="soft small">${date(editedAt)}</span>
</li>`,
)}
</ul>`;
}

/** @param {string} iso */
function date(iso) {
  const text = new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return html`<time datetime="${iso}">${text}</time>`;
}
