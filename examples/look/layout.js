// @ts-check
import { fileURLToPath } from "node:url";
import { html } from "./html.js";

/** What browsers load: the style sheets, the icon, and the script of pages that change by themselves. Served by each example. */
export const lookFiles = fileURLToPath(new URL("public", import.meta.url));

/**
 * @param {object} page
 * @param {string} page.site the name of the example
 * @param {string} page.code where its code is
 * @param {string} page.title
 * @param {import("./html.js").Html} page.main
 * @param {import("./html.js").Html | false | undefined} [page.nav] at the end of the bar
 * @param {string | undefined} [page.version] of what the page shows. With it, the page follows what changes (see public/live.js)
 */
export function layout({ site, code, title, main, nav, version }) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} - ${site}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/palette.css">
<link rel="stylesheet" href="/base.css">
<link rel="stylesheet" href="/style.css">
${version !== undefined && html`<script src="/live.js" type="module"></script>`}
</head>
<body>
<header class="bar">
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="32" height="32"><span>${site} <small>of express-notion-oauth</small></span></a>
${nav}
</header>
${version !== undefined && html`<p class="lost" id="lost" role="status"></p>`}
<main${version !== undefined && html` data-version="${version}"`}>
${main}
</main>
<footer class="foot">
${version !== undefined && html`<noscript><p>Without JavaScript, reload this page to see what has changed.</p></noscript>`}
<p>The code of this example is in <code>${code}</code>, and its README.md tells what is where.</p>
</footer>
</body>
</html>
`.text;
}

/**
 * A button that changes something is a form: a link would be followed by crawlers and prefetchers.
 * @param {string} action
 * @param {unknown} text
 * @param {object} [more]
 * @param {string} [more.tone]
 * @param {Readonly<Record<string, string>>} [more.fields]
 * @param {string | false} [more.label] what the button is called where its text alone would not tell it from others
 * @param {boolean} [more.stays] where there is JavaScript, the page stays as it is and follows what changes
 */
export function post(action, text, { tone = "", fields = {}, label = false, stays = false } = {}) {
  const key = [action, ...Object.values(fields)].join(" ");
  return html`<form method="post" action="${action}" data-key="${key}"${stays && html` data-stays`}>
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="button ${tone}"${label !== false && html` aria-label="${label}"`}>${text}</button>
</form>`;
}

/** Today the time, else the day, too. @param {number} at in ms since 1970 */
export function time(at) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const text = isToday
    ? date.toLocaleTimeString("en-GB")
    : date.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return html`<time datetime="${date.toISOString()}">${text}</time>`;
}
