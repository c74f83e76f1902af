// @ts-check
import { html } from "../look/html.js";
import { icon } from "../look/icons.js";
import { layout, post } from "../look/layout.js";
import { workspaceName } from "../look/workspace.js";

export const site = { site: "Cluster example", code: "examples/cluster/" };

/** @typedef {import("./fire-requests.js").Run} Run */

/**
 * @param {object} view
 * @param {import("express-notion-oauth").NotionConnection | undefined} view.connection
 * @param {Run | undefined} view.run
 * @param {number} view.requests how many the button fires
 * @param {number} view.process
 * @param {number} view.processes
 */
export function page({ connection, run, requests, process, processes }) {
  const shown = connection && run;
  return layout({
    ...site,
    title: shown ? headline(run) : `${processes} processes, one refresh`,
    main: html`<section>
${shown ? result(run) : introduction(processes, requests)}
<div class="actions">
${
  connection
    ? html`${post("/fire", html`${icon("bolt")}Let the token expire and fire ${requests} requests`, { tone: "main" })}
${post("/logout", "Log out")}
<span class="soft">Connected to <strong>${workspaceName(connection)}</strong></span>`
    : html`<a class="button main" href="/login">${icon("key")}Connect to Notion</a>
<span class="soft">Notion is emulated on this machine: no account is needed.</span>`
}
</div>
</section>
${diagram({ run: shown, requests, process, processes })}`,
  });
}

/**
 * @param {number} processes
 * @param {number} requests
 */
function introduction(processes, requests) {
  return html`<h1>${processes} processes, one refresh</h1>
<p class="lead">The same app runs in ${processes} processes. When an access token expires under ${requests} requests at once, one of the
processes refreshes it, the others wait for that, and every request is served. Connect, and see for yourself.</p>`;
}

/** @param {Run} run */
function headline({ requests, refreshes }) {
  return `${requests} requests, ${refreshes} ${refreshes === 1 ? "refresh" : "refreshes"}`;
}

/** @param {Run} run */
function result(run) {
  const { requests, served, refreshes, refreshedBy, milliseconds } = run;
  const isGood = served === requests && refreshes === 1;
  return html`<h1 class="${isGood ? "good" : "bad"}">${icon(isGood ? "check" : "cross")} ${headline(run)}</h1>
<p class="lead">${refreshedBy && html`Process ${refreshedBy} refreshed the token, and the others took what it got.`}
${served} of ${requests} were served, in ${milliseconds} ms. The refreshes were counted at Notion.</p>`;
}

/**
 * What runs here, from the browser down to Notion; after a run, with its numbers.
 * @param {object} state
 * @param {Run | undefined} state.run
 * @param {number} state.requests
 * @param {number} state.process
 * @param {number} state.processes
 */
function diagram({ run, requests, process, processes }) {
  return html`<section class="diagram" aria-label="What runs on this machine">
<div class="box">${icon("bolt")}<span><strong>${run?.requests ?? requests} requests at once</strong>
<span class="soft small">each goes to the next process</span></span></div>
<ol class="processes" aria-label="Processes of one app">
${Array.from({ length: processes }, (_, index) => processBox(String(index + 1), String(process), run))}
</ol>
<div class="ends">
<div class="box">${icon("database")}<span><strong>One database</strong>
<span class="soft small">the tokens, sealed, and the sessions: all that the processes share</span></span></div>
<div class="box ${run && "counted"}">${icon("cloud")}<span><strong>Notion</strong>
<span class="soft small">${run ? html`was asked for a refresh <b>${run.refreshes === 1 ? "once" : `${run.refreshes} times`}</b>` : "ends the connection if a refresh token comes twice"}</span></span></div>
</div>
</section>`;
}

/**
 * @param {string} name
 * @param {string} current the process that made this page
 * @param {Run | undefined} run
 */
function processBox(name, current, run) {
  const answers = run?.processes[name] ?? 0;
  const most = run ? Math.max(...Object.values(run.processes)) : 1;
  const hasRefreshed = run?.refreshedBy === name;
  return html`<li class="box process ${hasRefreshed && "refreshed"}">
<span><strong>${icon("server")} Process ${name}</strong>
${run && bar(answers, most)}
<span class="soft small">${run ? html`${answers} ${answers === 1 ? "answer" : "answers"}` : "runs"}${name === current && ", made this page"}</span>
${hasRefreshed && html`<span class="badge good">${icon("restart")}refreshed</span>`}</span>
</li>`;
}

/**
 * One rectangle for each answer; the number stands below it.
 * @param {number} answers
 * @param {number} most of any process
 */
function bar(answers, most) {
  return html`<svg class="answers" viewBox="0 0 ${most} 1" preserveAspectRatio="none" aria-hidden="true">
${Array.from({ length: answers }, (_, index) => html`<rect x="${index}" width="0.85" height="1"/>`)}
</svg>`;
}
