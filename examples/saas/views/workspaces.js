// @ts-check
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { post, time } from "../../look/layout.js";
import { workspaceIcon, workspaceName } from "../../look/workspace.js";
import { page } from "./page.js";

/** @typedef {import("express-notion-oauth").StoredConnection} StoredConnection */
/** @typedef {import("../synced.js").Synced} Synced */

const SHOWN_TITLES = 6;

/**
 * @param {object} page
 * @param {string} page.name
 * @param {StoredConnection[]} page.connections
 * @param {Map<string, Synced>} page.found what the worker found, by the id of the bot
 * @param {string} page.version
 * @param {boolean} page.isEmulated
 */
export function workspacesPage({ name, connections, found, version, isEmulated }) {
  const isAny = connections.length > 0;
  // There is one main thing to do: to reconnect comes first.
  const tone = connections.some(({ state }) => state === "reconnect") ? "" : "main";
  return page({
    title: "Workspaces",
    name,
    version,
    main: html`<div class="head">
<div>
<h1>Workspaces</h1>
<p class="soft">Hello, ${name}. ${isAny ? "This is what was found in Notion, also while you were away." : ""}</p>
</div>
${isAny && html`<a class="button ${tone}" href="/notion/connect">${icon("key")}Connect another</a>`}
</div>
<div class="board">
<div class="cards">
${isAny ? connections.map((connection) => card(connection, found.get(connection.connection.botId))) : nothingYet()}
</div>
<aside>
${howItWorks()}
${isEmulated && isAny && atNotion(connections)}
</aside>
</div>`,
  });
}

function nothingYet() {
  return html`<section class="card empty">
<h2>Connect your first workspace</h2>
<ol class="rows story">
<li>${icon("key")}<span class="grow">Notion asks you what this app may read.</span></li>
<li>${icon("restart")}<span class="grow">A worker reads the titles of these pages, and nothing else, also while you are away.</span></li>
<li>${icon("leave")}<span class="grow">You look after it here, and take it back whenever you like.</span></li>
</ol>
<p><a class="button main" href="/notion/connect">${icon("key")}Connect Notion</a></p>
</section>`;
}

/**
 * @param {StoredConnection} stored
 * @param {Synced | undefined} found
 */
function card(stored, found) {
  const { connection } = stored;
  const id = `workspace-${connection.botId}`;
  return html`<section class="card read" aria-labelledby="${id}" data-key="${connection.botId}">
<div class="workspace">
${workspaceIcon(connection)}
<h2 id="${id}">${workspaceName(connection)}</h2>
</div>
<div>${state(stored, found)}</div>
<div class="found">${titles(found)}</div>
<div class="actions">${actions(stored)}</div>
</section>`;
}

/**
 * @param {StoredConnection} stored
 * @param {Synced | undefined} found
 */
function state({ state, unattended }, found) {
  if (state === "reconnect") {
    return html`<p class="state"><span class="badge bad">needs reconnecting</span></p>
<p class="notice">Notion does not let this app in any more${found?.endedAt && html`, since ${time(found.endedAt)}`}.
Nothing is asked there until you connect again.</p>`;
  }
  return html`<p class="state">
<span class="badge ${unattended ? "good" : "plain"}">${unattended ? "connected" : "only while you are here"}</span>
<span class="soft small">${lastSync(found, unattended)}</span>
</p>
${found !== undefined && found.failures > 0 && html`<p class="notice">Notion did not answer. It is tried again by itself.</p>`}`;
}

/**
 * @param {Synced | undefined} found
 * @param {boolean} unattended
 */
function lastSync(found, unattended) {
  if (found?.syncedAt) return html`last read ${time(found.syncedAt)}`;
  return unattended ? "not read yet" : "never read";
}

/** @param {Synced | undefined} found */
function titles(found) {
  if (!found?.syncedAt) return html`<p class="soft">The titles of its pages come here.</p>`;
  if (found.titles.length === 0) return html`<p class="soft">No page is shared with this app.</p>`;
  const more = found.titles.length - SHOWN_TITLES;
  return html`<ul class="rows titles">
${found.titles
  .slice(0, SHOWN_TITLES)
  .map((title) => html`<li><span class="soft">${icon("page")}</span><span class="grow">${title}</span></li>`)}
</ul>
${more > 0 && html`<p class="soft small">and ${more} more</p>`}`;
}

/** @param {StoredConnection} stored */
function actions({ state, unattended, connection }) {
  const { botId } = connection;
  const of = (/** @type {string} */ action) => `${action}: ${workspaceName(connection)}`;
  const disconnect = post("/notion/disconnect", "Disconnect", {
    fields: { botId, returnTo: "/" },
    label: of("Disconnect"),
  });
  // It comes back as it was: only while the user is there, or for jobs, too.
  if (state === "reconnect") return html`<a class="button main" href="/notion/connect">Reconnect</a>${disconnect}`;
  const switched = unattended
    ? post("/workspaces/background", "Only while I am here", {
        tone: "plain",
        fields: { botId, allowed: "no" },
        label: of("Read only while I am here"),
      })
    : post("/workspaces/background", "Also while I am away", {
        tone: "plain",
        fields: { botId, allowed: "yes" },
        label: of("Read also while I am away"),
      });
  const read = post("/workspaces/read", "Read now", { fields: { botId }, label: of("Read now") });
  return html`${!unattended && read}${disconnect}${switched}`;
}

function howItWorks() {
  return html`<section class="card">
<h2>${icon("restart")} The worker</h2>
<p class="soft">A process of its own goes through the workspaces of all users every few seconds. Log out, and it goes on. Kill it, and
another one takes over. One workspace that fails keeps none from being read.</p>
</section>`;
}

/** @param {StoredConnection[]} connections */
function atNotion(connections) {
  const live = connections.filter(({ state }) => state === "connected");
  return html`<section class="card">
<h2>${icon("cloud")} Emulated Notion</h2>
<p class="soft">In Notion's settings, people can take this app's access away. Do it here, and see it noticed.</p>
<div class="actions">
${live.map(({ connection }) =>
  post("/emulated-notion/remove", `Remove from ${workspaceName(connection)}`, {
    fields: { botId: connection.botId },
  }),
)}
${live.length === 0 && html`<p class="soft small">There is no workspace to remove it from.</p>`}
</div>
</section>`;
}
