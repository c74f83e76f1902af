// @ts-check

/**
 * @param {object} view
 * @param {import("express-notion-oauth").NotionConnection | undefined} view.connection
 * @param {import("./fire-requests.js").Run | undefined} view.run
 * @param {number} view.requests how many the button fires
 * @param {number} view.process
 * @param {number} view.processes
 */
export function page({ connection, run, requests, process, processes }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${processes} processes, one refresh</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>One app, ${processes} processes</h1>
${connection ? connected(connection, run, requests) : start()}
<p class="foot">This page was made by process ${process} of ${processes}. Reload it, and another one answers.</p>
</main>
</body>
</html>
`;
}

function start() {
  return `<p>Connect to the emulated Notion. Then let the access token expire, and fire many requests at all processes at the same moment.</p>
<p><a class="button" href="/login">Connect to Notion</a></p>`;
}

/**
 * @param {import("express-notion-oauth").NotionConnection} connection
 * @param {import("./fire-requests.js").Run | undefined} run
 * @param {number} requests
 */
function connected(connection, run, requests) {
  return `<p>Connected to <strong>${escapeHtml(connection.workspaceName ?? "a workspace")}</strong>.</p>
${run ? result(run) : ""}
<div class="actions">
<form method="post" action="/fire"><button class="button">Let the token expire and fire ${requests} requests</button></form>
<form method="post" action="/logout"><button class="quiet">Log out</button></form>
</div>`;
}

/** @param {import("./fire-requests.js").Run} run */
function result({ requests, served, refreshes, processes, milliseconds }) {
  const isGood = served === requests && refreshes === 1;
  const most = Math.max(...Object.values(processes));
  const rows = Object.entries(processes)
    .sort()
    .map(
      ([name, answers]) =>
        `<tr><th scope="row">Process ${escapeHtml(name)}</th><td><meter min="0" max="${most}" value="${answers}">${answers}</meter></td><td>${answers}</td></tr>`,
    )
    .join("\n");
  return `<section class="${isGood ? "good" : "bad"}" aria-label="Result">
<p class="headline">${requests} requests, ${refreshes} ${refreshes === 1 ? "refresh" : "refreshes"}</p>
<p>${served} of ${requests} were served, in ${milliseconds} ms. The refreshes were counted at Notion.</p>
<table>
<caption>Answers by process</caption>
${rows}
</table>
</section>`;
}

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
