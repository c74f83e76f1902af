import type { Answer } from "../http/answer.js";
import { escapeHtml, htmlPage } from "../html/html-page.js";
import type { NotionEmulator } from "../notion-emulator.js";
import type { EmulatedClient } from "../state/clients.js";
import type { EmulatedToken } from "../state/token-ledger.js";

/** Most tokens that are listed. */
const LONGEST = 50;

/** What the emulator tells of itself: what an app needs to use it, whether it is up, and which tokens are alive. */
export function homePage(emulator: NotionEmulator): Answer {
  const main = `<div class="wide">
<h1>Notion emulator</h1>
<p class="lead">This stands in for Notion while you build and test your app. Its tokens are worth nothing.</p>
${emulator.clients.map((client, index) => setUp(emulator.url, client, index)).join("\n")}
${outage(emulator)}
${aliveTokens(emulator)}
<section aria-labelledby="more">
<h2 id="more">More</h2>
<ul class="links">
${["state", "requests", "tokens", "faults", "webhooks"].map((name) => `<li><a href="/__emulator/${name}">${name}</a></li>`).join("\n")}
</ul>
<p class="soft">These are the control API, as JSON. Faults, switches and webhooks are in the guide: <code>node_modules/express-notion-oauth/src/emulator/README.md</code></p>
</section>
</div>`;
  return htmlPage(200, "Notion emulator", main);
}

function setUp(url: string, { name, clientId, clientSecret, redirectUris }: EmulatedClient, index: number): string {
  return `<section aria-labelledby="client-${index}">
<h2 id="client-${index}">${escapeHtml(name ?? clientId)}</h2>
<dl>
<dt>Base URL</dt><dd><code>${escapeHtml(url)}</code></dd>
<dt>Client id</dt><dd><code>${escapeHtml(clientId)}</code></dd>
<dt>Client secret</dt><dd><code>${escapeHtml(clientSecret)}</code></dd>
<dt>Redirect URIs</dt><dd>${redirectUris === undefined ? "any on this machine" : redirectUris.map((uri) => `<code>${escapeHtml(uri)}</code>`).join("<br>")}</dd>
</dl>
</section>`;
}

function outage({ isDown }: NotionEmulator): string {
  return `<section aria-labelledby="outage">
<h2 id="outage">Notion is <span class="${isDown ? "down" : "up"}">${isDown ? "down" : "up"}</span></h2>
<p class="soft">${isDown ? "Every call and the consent page fail." : "Take it down to see what your app does then."} This page stays.</p>
<form class="buttons" method="post" action="/">
${isDown ? `<button class="main" name="notion" value="up">Bring it up again</button>` : `<button class="main" name="notion" value="reset">Take it down</button><button name="notion" value="503">Answer 503</button>`}
</form>
</section>`;
}

function aliveTokens(emulator: NotionEmulator): string {
  const tokens = emulator.activeTokens();
  const latest = tokens.slice(-LONGEST).reverse();
  const rest = tokens.length - latest.length;
  return `<section aria-labelledby="tokens">
<h2 id="tokens">Tokens that are alive: ${tokens.length}</h2>
${tokens.length === 0 ? `<p class="soft">None. Log in to your app with Notion, and they are here; log out, and they are gone.</p>` : `<ul class="rows">${latest.map((token) => tokenRow(emulator, token)).join("\n")}</ul>`}
${rest > 0 ? `<p class="soft">and ${rest} older ones</p>` : ""}
</section>`;
}

function tokenRow({ workspaces, users }: NotionEmulator, { value, kind, workspaceId, userId }: EmulatedToken): string {
  const workspace = workspaces.find(({ id }) => id === workspaceId)?.name ?? workspaceId;
  const user = users.find(({ id }) => id === userId);
  const words = [`${kind} token`, workspace, user?.name ?? user?.email ?? userId];
  return `<li><code>${value.slice(0, 8)}&hellip;${value.slice(-4)}</code> ${words.map((word) => `<span>${escapeHtml(word)}</span>`).join(" ")}</li>`;
}
