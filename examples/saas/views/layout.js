// @ts-check
import { html } from "../html.js";

/**
 * @param {object} page
 * @param {string} page.title
 * @param {import("../html.js").Html} page.main
 * @param {string | undefined} [page.name] of the account that is logged in
 * @param {string | undefined} [page.version] of what the page shows: it then loads itself again when there is something new
 */
export function layout({ title, main, name, version }) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – SaaS example</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
${version !== undefined && html`<script src="/live.js" type="module"></script>`}
</head>
<body>
<header class="bar">
<a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28">SaaS example</a>
${
  name !== undefined &&
  html`<nav aria-label="Account">
${navLink("/", "Workspaces", title)}
${navLink("/security", "Security", title)}
${post("/log-out", "Log out", { tone: "quiet" })}
</nav>`
}
</header>
<main${version !== undefined && html` data-version="${version}"`}>
${main}
</main>
</body>
</html>
`.text;
}

/**
 * @param {string} href
 * @param {string} text
 * @param {string} title of the page that is shown
 */
function navLink(href, text, title) {
  return html`<a href="${href}"${text === title && html` aria-current="page"`}>${text}</a>`;
}

/**
 * A button that changes something is a form: a link would be followed by crawlers and prefetchers.
 * @param {string} action
 * @param {string} text
 * @param {object} [more]
 * @param {string} [more.tone]
 * @param {Readonly<Record<string, string>>} [more.fields]
 * @param {string} [more.label] what the button is called where its text alone would not tell it from others
 */
export function post(action, text, { tone = "", fields = {}, label } = {}) {
  return html`<form method="post" action="${action}">
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="button ${tone}"${label !== undefined && html` aria-label="${label}"`}>${text}</button>
</form>`;
}

/** @param {number} at in ms since 1970 */
export function time(at) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const text = isToday
    ? date.toLocaleTimeString("en-GB")
    : date.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return html`<time datetime="${date.toISOString()}">${text}</time>`;
}

/** @param {import("express-notion-oauth").NotionConnection} connection */
export function workspaceName({ workspaceName: name }) {
  return name || "Untitled workspace";
}

/** Notion gives an emoji, an address or nothing. @param {import("express-notion-oauth").NotionConnection} connection */
export function workspaceIcon(connection) {
  const { workspaceIcon: icon } = connection;
  if (icon && /^https:\/\//.test(icon)) return html`<img class="icon" src="${icon}" alt="" width="44" height="44">`;
  const isEmoji = icon && !/[\w/]/.test(icon);
  const letter = [...workspaceName(connection)][0]?.toUpperCase();
  return html`<span class="icon" aria-hidden="true">${isEmoji ? icon : letter}</span>`;
}
