// @ts-check
import { html } from "../html.js";
import { layout } from "./layout.js";

const FORMS = {
  "log-in": {
    title: "Log in",
    lead: "Your workspaces are read while you are away. See what was found.",
    button: "Log in",
    password: "current-password",
    other: html`No account yet? <a href="/sign-up">Sign up</a>`,
  },
  "sign-up": {
    title: "Create an account",
    lead: "A name and a password of this example: it needs no Notion account, and no mail address.",
    button: "Sign up",
    password: "new-password",
    other: html`There is an account already? <a href="/log-in">Log in</a>`,
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
  return layout({
    title,
    main: html`<section class="card narrow">
<h1>${title}</h1>
${isLoggedOut && html`<p class="notice good" role="status">You are logged out. Your workspaces stay connected.</p>`}
${problem && html`<p class="notice" role="alert">${problem}</p>`}
<p class="soft">${lead}</p>
<form class="fields" method="post" action="/${form}">
<label>Name <input name="name" value="${name}" autocomplete="username" maxlength="60" required></label>
<label>Password <input name="password" type="password" autocomplete="${password}" minlength="8" maxlength="200" required></label>
<button class="button main">${button}</button>
</form>
<p class="soft small">${other}</p>
</section>`,
  });
}
