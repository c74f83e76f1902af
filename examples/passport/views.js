// @ts-check
import { html } from "../look/html.js";
import { icon } from "../look/icons.js";
import { layout, post } from "../look/layout.js";
import { workspaceIcon, workspaceName } from "../look/workspace.js";

export const site = { site: "Passport example", code: "examples/passport/" };

/**
 * @param {object} page
 * @param {string | undefined} page.message why the last sign-in failed
 * @param {boolean} page.isEmulated
 */
export function signInPage({ message, isEmulated }) {
  return layout({
    ...site,
    title: "Sign in with Notion",
    main: html`<div class="pair entrance">
<section>
${message && html`<p class="notice" role="status">${message}</p>`}
<h1>Sign in with Notion</h1>
<p class="lead">Passport signs you in with your Notion account, and connects the workspace you choose. Logging out ends both, at Notion, too.</p>
<p class="actions"><a class="button main" href="/auth/notion">${icon("key")}Sign in with Notion</a></p>
${isEmulated && html`<p class="soft small">Notion is emulated on this machine: no account is needed.</p>`}
</section>
<section class="card" aria-labelledby="then">
<h2 id="then">What happens then</h2>
<ol class="rows">
<li>${icon("arrow")}<span class="grow"><strong>Notion asks you</strong> <span class="soft small">which workspace this app may see</span></span></li>
<li>${icon("person")}<span class="grow"><strong>Passport knows you</strong> <span class="soft small"><code>NotionStrategy</code> makes a user of this app of Notion's answer</span></span></li>
<li>${icon("database")}<span class="grow"><strong>The tokens are kept</strong> <span class="soft small"><code>notion.remember()</code> keeps them sealed, and they never are in the session</span></span></li>
<li>${icon("leave")}<span class="grow"><strong>You log out</strong> <span class="soft small">and the tokens are dead at Notion, also when it is down just then</span></span></li>
</ol>
</section>
</div>`,
  });
}

/**
 * @param {object} page
 * @param {Express.User} page.user
 * @param {import("express-notion-oauth").NotionConnection | undefined} page.connection
 * @param {string | undefined} page.bot
 */
export function homePage({ user, connection, bot }) {
  return layout({
    ...site,
    title: user.name || "Your account",
    main: html`<div>
<h1>Hello, ${user.name || "there"}</h1>
<p class="lead">Passport has signed you in${connection ? ", and this app may see your workspace." : ". No workspace is connected."}</p>
</div>
<div class="pair">
<section class="card" aria-labelledby="account">
<h2 id="account">${icon("person")} Signed in</h2>
<p>${user.email ?? "An account without an address"}</p>
<p class="soft small">Logging out ends Passport's login and the session, and revokes the tokens at Notion.</p>
<div class="actions">${post("/logout", html`${icon("leave")}Log out`, { tone: connection ? "main" : "" })}</div>
</section>
${connection ? connected(connection, bot) : notConnected()}
</div>
<section class="card" aria-labelledby="ends">
<h2 id="ends">What ends what</h2>
<table>
<thead><tr><td></td><th scope="col">Log out</th><th scope="col">Disconnect</th></tr></thead>
<tbody>
<tr><th scope="row">Passport's login</th>${ends}${stays}</tr>
<tr><th scope="row">Session</th>${ends}${stays}</tr>
<tr><th scope="row">Tokens at Notion</th>${dead}${dead}</tr>
</tbody>
</table>
</section>`,
  });
}

const ends = html`<td><span class="badge">${icon("cross")}ends</span></td>`;
const stays = html`<td><span class="badge good">${icon("check")}stays</span></td>`;
const dead = html`<td><span class="badge">${icon("cross")}dead</span></td>`;

/**
 * @param {import("express-notion-oauth").NotionConnection} connection
 * @param {string | undefined} bot
 */
function connected(connection, bot) {
  return html`<section class="card" aria-labelledby="workspace">
<div class="workspace">
${workspaceIcon(connection)}
<div>
<h2 id="workspace">${workspaceName(connection)}</h2>
<p class="soft small">${bot ? html`Notion answers as ${bot}` : "Notion does not answer at the moment"}</p>
</div>
</div>
<p class="soft small">Disconnecting revokes the tokens, too, and keeps you signed in.</p>
<div class="actions">${post("/disconnect", "Disconnect Notion")}</div>
</section>`;
}

function notConnected() {
  return html`<section class="card" aria-labelledby="workspace">
<h2 id="workspace">${icon("cloud")} No workspace</h2>
<p>The tokens are dead, and you are still signed in.</p>
<p class="soft small">Connecting again leads over Notion, as signing in did.</p>
<div class="actions"><a class="button main" href="/auth/notion">${icon("key")}Connect Notion</a></div>
</section>`;
}
