// @ts-check
import { html } from "./html.js";

/**
 * @param {object} page
 * @param {string | undefined} page.message why the last sign-in failed
 * @param {boolean} page.isEmulated
 */
export function signInPage({ message, isEmulated }) {
  return layout({
    title: "Sign in with Notion",
    main: html`<section class="card">
${message && html`<p class="notice" role="status">${message}</p>`}
<h1>Sign in with Notion</h1>
<p class="soft">Passport signs you in with your Notion account, and connects the workspace you choose.</p>
<p class="actions"><a class="button main" href="/auth/notion">Sign in with Notion</a></p>
${isEmulated && html`<p class="soft small">Notion is emulated on this machine: no account is needed.</p>`}
</section>`,
  });
}

/**
 * @param {object} page
 * @param {Express.User} page.user
 * @param {import("express-notion-oauth").NotionConnection | undefined} page.connection
 * @param {string | undefined} page.bot
 */
export function homePage({ user, connection, bot }) {
  const workspace = connection?.workspaceName ?? "A workspace without a name";
  return layout({
    title: user.name || "Your account",
    main: html`<section class="card">
<h1>Hello, ${user.name || "there"}</h1>
<dl>
<dt>Signed in with Passport</dt><dd>${user.email ?? "an account without an address"}</dd>
<dt>Connected workspace</dt><dd>${connection ? workspace : html`<span class="badge">none</span>`}</dd>
${bot && html`<dt>Notion answers as</dt><dd>${bot}</dd>`}
</dl>
<div class="actions">
${post("/logout", "Log out", "main")}
${connection ? post("/disconnect", "Disconnect Notion") : html`<a class="button" href="/auth/notion">Connect Notion</a>`}
</div>
${
  connection &&
  html`<p class="soft small">Both revoke the tokens at Notion. Logging out ends Passport's login and the session, too;
disconnecting keeps you signed in.</p>`
}
</section>`,
  });
}

/**
 * @param {object} error
 * @param {number} error.status
 * @param {string | undefined} error.text what may be shown of it
 */
export function errorPage({ status, text }) {
  return layout({
    title: status === 404 ? "There is nothing here" : "That did not work",
    main: html`<section class="card">
<h1>${status === 404 ? "There is nothing here" : "That did not work"}</h1>
<p class="soft">${text ?? "Something went wrong. Please try again in a moment."}</p>
<p class="actions"><a class="button" href="/">Go to the start page</a></p>
</section>`,
  });
}

/**
 * @param {object} page
 * @param {string} page.title
 * @param {import("./html.js").Html} page.main
 */
function layout({ title, main }) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a href="/">Passport example</a><span class="soft">of express-notion-oauth</span></header>
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
