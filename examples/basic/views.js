// @ts-check
import { html } from "./html.js";

/** @typedef {import("express-notion-oauth").NotionConnection} NotionConnection */
/** @typedef {import("./notion-pages.js").NotionPage} NotionPage */
/** @typedef {import("./token-log.js").TokenLog} TokenLog */
/** @typedef {{ isDown: boolean }} Emulated */
/** @typedef {{ list: NotionPage[], problem?: undefined } | { problem: "reconnect" | "unavailable", list?: undefined }} Pages */

const SHOWN_TOKENS = 6;
const SHOWN_LINES = 8;

/**
 * @param {object} state
 * @param {NotionConnection | undefined} state.connection
 * @param {Pages | undefined} state.pages
 * @param {number | undefined} state.since when the session began
 * @param {boolean} state.isLoggedOut just now
 * @param {TokenLog} state.tokenLog
 * @param {Emulated | undefined} state.emulated
 */
export function homePage({ connection, pages, since, isLoggedOut, tokenLog, emulated }) {
  const isOver = pages?.problem === "reconnect";
  const isConnected = connection !== undefined && !isOver;
  // While Notion is down nothing can change, and a reload would take the focus from the button that helps.
  const isSettling = tokenLog.isAnyQueued && !emulated?.isDown;
  return layout({
    title: isConnected ? `${connection.workspaceName ?? "Notion"} is connected` : "Connect to Notion",
    refresh: isSettling ? 1 : undefined,
    main: html`<div class="columns">
<div>
${isConnected ? connected(connection, pages, emulated) : notConnected({ since, isOver, isLoggedOut, emulated })}
</div>
<div>
${emulated && outageSwitch(emulated, isConnected, tokenLog.isAnyQueued)}
${tokenPanel(tokenLog, emulated)}
</div>
</div>`,
  });
}

/**
 * @param {object} state
 * @param {number | undefined} state.since
 * @param {boolean} state.isOver
 * @param {boolean} state.isLoggedOut
 * @param {Emulated | undefined} state.emulated
 */
function notConnected({ since, isOver, isLoggedOut, emulated }) {
  return html`<section class="card">
<h1>Connect your Notion workspace</h1>
${isLoggedOut && since === undefined && html`<p class="notice good" role="status">You are logged out.</p>`}
${isOver && html`<p class="notice" role="status">Notion has ended the connection. Please connect again.</p>`}
<p class="soft">This app lists the titles of your pages, and nothing else. When you log out, the tokens it got from
Notion are revoked: dead at Notion, not just forgotten here.</p>
${
  emulated?.isDown
    ? html`<p class="notice" role="status">Notion is down. Connecting has to wait until it is up again.</p>`
    : html`<p class="actions"><a class="button main" href="/login">Connect to Notion</a></p>`
}
${
  since !== undefined &&
  html`<div class="session">
<p>Your session in this app goes on: it began at ${time(since)}.</p>
${post("/logout", "Log out")}
</div>`
}
</section>`;
}

/**
 * @param {NotionConnection} connection
 * @param {Pages | undefined} pages
 * @param {Emulated | undefined} emulated
 */
function connected(connection, pages, emulated) {
  const name = connection.workspaceName ?? "Untitled workspace";
  return html`<section class="card">
<div class="workspace">
${workspaceIcon(connection.workspaceIcon, name)}
<div>
<h1>${name}</h1>
<p class="soft">${owner(connection)}</p>
</div>
</div>
<div class="actions">
${post("/logout", "Log out", "main")}
${post("/disconnect", "Disconnect")}
</div>
<p class="soft small">Both revoke the tokens. Logging out ends your session here as well; disconnecting keeps it.</p>
</section>
<section class="card" aria-labelledby="pages">
<h2 id="pages">Pages</h2>
${pages?.list ? pageList(pages.list, emulated) : unavailable()}
</section>`;
}

function unavailable() {
  return html`<p class="notice" role="status">Notion does not answer at the moment, so your pages are not here. Logging
out works all the same.</p>`;
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
 * Notion gives an emoji, an address or nothing.
 * @param {string | null} icon
 * @param {string} name
 */
function workspaceIcon(icon, name) {
  if (icon && /^https:\/\//.test(icon)) return html`<img class="icon" src="${icon}" alt="" width="48" height="48">`;
  const isEmoji = icon && !/[\w/]/.test(icon);
  return html`<span class="icon" aria-hidden="true">${isEmoji ? icon : [...name][0]?.toUpperCase()}</span>`;
}

/** For pages without an icon. */
const SHEET = html`<svg viewBox="0 0 16 16" width="16" height="16"><path d="M3.5 1.5h6l3 3v10h-9z"/><path d="M9.5 1.5v3h3"/></svg>`;

/**
 * @param {NotionPage[]} pages
 * @param {Emulated | undefined} emulated
 */
function pageList(pages, emulated) {
  if (pages.length === 0) return html`<p class="soft">You have shared no pages with this app.</p>`;
  return html`<ul class="pages">
${pages.map(
  ({ title, icon, url, editedAt }) => html`<li>
<span class="page-icon" aria-hidden="true">${icon ?? SHEET}</span>
${emulated ? html`<span>${title}</span>` : html`<a href="${url}" rel="noreferrer">${title}</a>`}
<span class="soft small">${date(editedAt)}</span>
</li>`,
)}
</ul>`;
}

/**
 * @param {Emulated} emulated
 * @param {boolean} isConnected
 * @param {boolean} isAnyQueued
 */
function outageSwitch({ isDown }, isConnected, isAnyQueued) {
  let advice = "No Notion account is needed here. Connect, take Notion down, and see a logout survive it.";
  if (isDown && isConnected) advice = "Now log out: you are out at once, and the tokens wait to be revoked.";
  else if (isDown && isAnyQueued) advice = "Bring it up again, and see what happens to the tokens that wait.";
  else if (isDown) advice = "Bring it up again to connect.";
  return html`<section class="card" aria-labelledby="outage">
<h2 id="outage">Emulated Notion <span class="badge ${isDown ? "bad" : "good"}">${isDown ? "down" : "up"}</span></h2>
<p class="soft">${advice}</p>
<form method="post" action="/outage">
<button class="button" name="notion" value="${isDown ? "up" : "down"}">${isDown ? "Bring Notion up" : "Take Notion down"}</button>
</form>
</section>`;
}

/** @type {Readonly<Record<import("./token-log.js").AppState, readonly [text: string, tone: string]>>} */
const APP_STATES = {
  received: ["received", "plain"],
  in_session: ["in a session", "good"],
  queued: ["queued", "warn"],
  revoked: ["revoked", "plain"],
  replaced: ["replaced", "plain"],
  failed: ["failed", "bad"],
};

const KINDS = { access: "Access token", refresh: "Refresh token", both: "Tokens" };

/**
 * @param {TokenLog} tokenLog
 * @param {Emulated | undefined} emulated
 */
function tokenPanel({ tokens, lines }, emulated) {
  if (tokens.length === 0 && lines.length === 0) {
    return html`<section class="card" aria-labelledby="tokens">
<h2 id="tokens">Tokens</h2>
<p class="soft">None yet. Here you will see what becomes of each token that Notion issues to this app.</p>
</section>`;
  }
  return html`<section class="card" aria-labelledby="tokens">
<h2 id="tokens">Tokens</h2>
${
  tokens.length > 0 &&
  html`<table>
<thead><tr><th scope="col">Token</th><th scope="col">This app</th>${emulated && html`<th scope="col">Notion</th>`}</tr></thead>
<tbody>
${tokens.slice(0, SHOWN_TOKENS).map((token) => tokenRow(token, emulated))}
</tbody>
</table>`
}
<h3>What happened</h3>
<ol class="log" reversed>
${lines
  .slice(0, SHOWN_LINES)
  .map(
    ({ at, text, label }) =>
      html`<li>${time(at)} <span>${text} ${label && html`<code>${short(label)}</code>`}</span></li>`,
  )}
</ol>
</section>`;
}

/**
 * @param {import("./token-log.js").LoggedToken} token
 * @param {Emulated | undefined} emulated
 */
function tokenRow({ label, kind, app, works }, emulated) {
  const [text, tone] = APP_STATES[app];
  return html`<tr>
<th scope="row">${KINDS[kind]} <code>${short(label)}</code></th>
<td><span class="badge ${tone}">${text}</span></td>
${emulated && html`<td><span class="badge ${works ? "good" : "plain"}">${works ? "works" : "dead"}</span></td>`}
</tr>`;
}

/** @type {Readonly<Record<string, readonly [title: string, text: string]>>} */
const ERRORS = {
  404: ["There is nothing here", "This address does not lead anywhere."],
  access_denied: ["You did not connect Notion", "That is fine: nothing was shared, and this app got no token."],
  invalid_state: ["Please start again", "This login was not started here, was already finished, or has expired."],
};

/**
 * @param {object} error
 * @param {number} error.status
 * @param {string | undefined} [error.code] of an error of express-notion-oauth
 * @param {string | undefined} [error.text] what may be shown of it
 * @param {boolean} [error.canConnect] whether to start again helps
 */
export function errorPage({ status, code, text, canConnect = false }) {
  const [title, explanation] = ERRORS[code ?? status] ?? [
    "That did not work",
    text ?? "Something went wrong. Please try again in a moment.",
  ];
  return layout({
    title,
    main: html`<section class="card narrow">
<h1>${title}</h1>
<p class="soft">${explanation}</p>
<p class="actions">
${canConnect && html`<a class="button main" href="/login">Connect to Notion</a>`}
<a class="button" href="/">Go to the start page</a>
</p>
</section>`,
  });
}

/**
 * @param {object} page
 * @param {string} page.title
 * @param {import("./html.js").Html} page.main
 * @param {number | undefined} [page.refresh] seconds until the page loads itself again
 */
function layout({ title, main, refresh }) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refresh !== undefined && html`<meta http-equiv="refresh" content="${refresh}">`}
<title>${title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a href="/">Basic example</a><span class="soft">of express-notion-oauth</span></header>
<main>
${main}
</main>
</body>
</html>
`.text;
}

/**
 * A button that changes something is a form: a link would be followed by crawlers and prefetchers.
 * @param {string} action
 * @param {string} text
 * @param {string} [tone]
 */
function post(action, text, tone = "") {
  return html`<form method="post" action="${action}"><button class="button ${tone}">${text}</button></form>`;
}

/** @param {string} label */
function short(label) {
  return label.slice(0, 6);
}

/** @param {number} at in ms since 1970 */
function time(at) {
  const date = new Date(at);
  return html`<time datetime="${date.toISOString()}">${date.toLocaleTimeString("en-GB")}</time>`;
}

/** @param {string} iso */
function date(iso) {
  const text = new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  return html`<time datetime="${iso}">${text}</time>`;
}
