// @ts-check
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { post, time } from "../../look/layout.js";
import { workspaceIcon, workspaceName } from "../../look/workspace.js";
import { page } from "./page.js";

/** @typedef {{ device: string | undefined, isThis: boolean, lastUsedAt: number | undefined }} Device */

/**
 * @param {object} page
 * @param {string} page.name
 * @param {import("express-notion-oauth").StoredConnection[]} page.connections
 * @param {Device[]} page.devices
 * @param {boolean} page.isDone the others have just been logged out
 */
export function securityPage({ name, connections, devices, isDone }) {
  const others = devices.filter(({ isThis }) => !isThis);
  return page({
    title: "Security",
    name,
    main: html`<div class="head">
<div>
<h1>Security</h1>
<p class="soft">Where you are logged in as ${name}, and what this app may read.</p>
</div>
</div>
${isDone && html`<p class="notice good" role="status">Your other devices are logged out. Your workspaces stay connected.</p>`}
<div class="pair">
<section class="card" aria-labelledby="devices">
<h2 id="devices">Devices</h2>
<ul class="rows">
${[...devices.filter(({ isThis }) => isThis), ...others].map(device)}
</ul>
<div class="actions">
${post("/log-out", "Log out")}
${others.length > 0 && post("/security/log-out-others", "Log out my other devices")}
${others.length > 0 && post("/security/log-out-everywhere", "Log out everywhere")}
</div>
<p class="soft small">Logging out takes nothing from your workspaces: they stay connected, and are read on.</p>
</section>
<div class="stack">
<section class="card" aria-labelledby="access">
<h2 id="access">Access to Notion</h2>
${
  connections.length === 0
    ? html`<p class="soft">Nothing is connected.</p>`
    : html`<ul class="rows">${connections.map(access)}</ul>
<p class="soft small">Disconnecting revokes the tokens at Notion, for all of your devices.</p>`
}
</section>
<section class="card" aria-labelledby="deletion">
<h2 id="deletion">Your account</h2>
<p class="soft">Deleting it disconnects every workspace first, and shows you what became of the tokens.</p>
<p><a class="button" href="/account/delete">Delete my account</a></p>
</section>
</div>
</div>`,
  });
}

/** @param {Device} device */
function device({ device = "A browser", isThis, lastUsedAt }) {
  return html`<li>
<span class="soft">${icon("device")}</span><span class="grow">${device}
<span class="soft small">${lastUsedAt === undefined ? "has not used your workspaces" : html`used ${time(lastUsedAt)}`}</span></span>
${isThis && html`<span class="badge good">this device</span>`}
</li>`;
}

/** @param {import("express-notion-oauth").StoredConnection} stored */
function access({ connection, state, unattended }) {
  const { botId } = connection;
  const text =
    state === "reconnect" ? "needs reconnecting" : unattended ? "read at any time" : "only while you are here";
  return html`<li>
${workspaceIcon(connection)}
<span class="grow">${workspaceName(connection)} <span class="soft small">${text}</span></span>
${post("/notion/disconnect", "Disconnect", {
  fields: { botId, returnTo: "/security" },
  label: `Disconnect: ${workspaceName(connection)}`,
})}
</li>`;
}
