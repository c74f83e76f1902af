import type { Answer } from "../http/answer.js";
import type { EmulatedUser, EmulatedWorkspace } from "../state/directory.js";
import type { EmulatedNotion } from "../state/emulated-notion.js";
import type { AuthorizationRequest } from "./authorization-request.js";
import { escapeHtml, htmlPage } from "../html/html-page.js";

/** The page on which a person lets an app into a workspace, or does not. */
export function consentPage({ directory }: EmulatedNotion, request: AuthorizationRequest): Answer {
  const name = escapeHtml(request.client.name ?? request.client.clientId);
  const target = new URL(request.target);
  const main = `<div class="marks" aria-hidden="true"><span class="mark">${initial(request.client.name ?? request.client.clientId)}</span>&#8644;<span class="mark">N</span></div>
<h1>Connect ${name} to Notion</h1>
<p class="lead">${name} wants to read and edit pages of the workspace you choose.</p>
<form method="post" action="/v1/oauth/authorize">
${hiddenFields(request)}
<fieldset>
<legend>Workspace</legend>
${directory.workspaces.map(workspaceChoice).join("\n")}
</fieldset>
${userChoice(directory.users)}
<fieldset>
<legend>${name} will be able to</legend>
<ul class="checks">
<li>View, add and change content</li>
<li>Read and write comments</li>
<li>See your name and email address</li>
</ul>
</fieldset>
<div class="buttons">
<button class="main" name="decision" value="allow">Allow access</button>
<button name="decision" value="cancel">Cancel</button>
</div>
</form>
<p class="target">You will be sent to ${escapeHtml(target.host)}</p>`;
  // The app may send people on from its redirect URI to another origin of its own, and browsers hold every redirect behind a form against its policy.
  return htmlPage(200, `Connect ${request.client.name ?? request.client.clientId} to Notion`, main, [
    ...new Set(["http:", "https:", target.protocol]),
  ]);
}

function hiddenFields({ client, redirectUri, state }: AuthorizationRequest): string {
  const fields = { client_id: client.clientId, redirect_uri: redirectUri, response_type: "code", owner: "user", state };
  return Object.entries(fields)
    .filter((field): field is [string, string] => field[1] !== undefined)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join("\n");
}

function workspaceChoice({ id, name, icon }: EmulatedWorkspace, index: number): string {
  const label = name ?? "Untitled workspace";
  return `<label class="choice"><input type="radio" name="workspace" value="${escapeHtml(id)}"${index === 0 ? " checked" : ""}>
<span class="icon" aria-hidden="true">${iconHtml(icon, label)}</span> ${escapeHtml(label)}</label>`;
}

function iconHtml(icon: string | null, label: string): string {
  if (icon === null) return initial(label);
  return /^(https|data):/i.test(icon) ? `<img src="${escapeHtml(icon)}" alt="">` : escapeHtml(icon);
}

function userChoice(users: readonly EmulatedUser[]): string {
  const options = users.map(
    ({ id, name, email }) =>
      `<option value="${escapeHtml(id)}">${escapeHtml(name === null ? email : `${name} (${email})`)}</option>`,
  );
  return `<label class="label" for="user">Signed in as</label>
<select id="user" name="user">${options.join("")}</select>`;
}

function initial(text: string): string {
  return escapeHtml([...text.trim()][0]?.toUpperCase() ?? "?");
}
