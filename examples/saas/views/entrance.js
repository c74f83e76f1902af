// @ts-check
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { page } from "./page.js";

const FORMS = {
  "log-in": {
    title: "Log in",
    lead: "Your workspaces are read while you are away. See what was found.",
    button: "Log in",
    password: "current-password",
    other: html`No account yet? <a class="button" href="/sign-up">Sign up</a>`,
  },
  "sign-up": {
    title: "Create an account",
    lead: "A name and a password of this example: it needs no Notion account, and no mail address.",
    button: "Sign up",
    password: "new-password",
    other: html`There is an account already? <a class="button" href="/log-in">Log in</a>`,
  },
};

/**
 * @param {object} page
 * @param {keyof typeof FORMS} page.form
 * @param {string} [page.name] what was typed before
 * @param {string} [page.problem] why that did not work
 * @param {boolean} [page.isLoggedOut] just now
 */
export function entrancePage({ form, name = "", problem, isLoggedOut = false }) {
  const { title, lead, button, password, other } = FORMS[form];
  return page({
    title,
    main: html`<div class="pair entrance">
<section class="card">
<h1>${title}</h1>
${isLoggedOut && html`<p class="notice good" role="status">You are logged out. Your workspaces stay connected.</p>`}
${problem && html`<p class="notice" role="alert">${problem}</p>`}
<p class="soft">${lead}</p>
<form class="fields" method="post" action="/${form}">
<label>Name <input name="name" value="${name}" autocomplete="username" maxlength="60" required></label>
<label>Password <input name="password" type="password" autocomplete="${password}" minlength="8" maxlength="200" required></label>
<button class="button main">${button}</button>
</form>
<p class="actions">${other}</p>
</section>
<section aria-labelledby="what">
<h2 id="what">An app with users, workspaces and a worker</h2>
<ol class="rows story">
<li>${icon("person")}<span class="grow"><strong>Accounts of its own</strong> <span class="soft small">Notion has no part in your login: any name and password will do</span></span></li>
<li>${icon("database")}<span class="grow"><strong>Several workspaces each</strong> <span class="soft small">they belong to you, and a logout leaves them connected</span></span></li>
<li>${icon("restart")}<span class="grow"><strong>A worker reads them</strong> <span class="soft small">also while you are away, and only where you have allowed it</span></span></li>
<li>${icon("leave")}<span class="grow"><strong>You are in charge</strong> <span class="soft small">log out other devices, disconnect, delete: the tokens are dead at Notion</span></span></li>
</ol>
</section>
</div>`,
  });
}
