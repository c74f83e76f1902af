// @ts-check
// The two sides of the story: what this app has, and what Notion takes.
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { time } from "../../look/layout.js";
import { isWaiting } from "../lives.js";
import { ENDS } from "./life.js";

/** @typedef {import("../lives.js").Life} Life */

const SHOWN_LIVES = 5;

/**
 * @param {Life[]} lives
 * @param {import("../emulated-notion.js").InsideNotion | undefined} inside undefined: the real Notion
 */
export function sides(lives, inside) {
  const waiting = lives.filter(isWaiting).length;
  return html`<ul class="sides" aria-label="The app and Notion">
<li class="side">${icon("server")}<span class="grow"><strong>This app</strong>
<span class="soft small">process ${process.pid}</span></span>
${waiting > 0 ? html`<span class="badge warn">${icon("clock")}${waiting} waits</span>` : html`<span class="badge good">runs</span>`}</li>
<li class="link ${inside?.isDown && "cut"}">${inside?.isDown ? "no answer" : "answers"}</li>
<li class="side ${inside?.isDown && "away"}">${icon("cloud")}<span class="grow"><strong>Notion</strong>
<span class="soft small">${inside ? "emulated on this machine" : "the real one"}</span></span>
${inside && html`<span class="badge ${inside.isDown ? "bad" : "good"}">${inside.isDown ? "down" : "up"}</span>`}</li>
</ul>`;
}

/** @param {Life[]} lives */
export function earlierCard(lives) {
  return html`<section class="card" aria-labelledby="earlier">
<h2 id="earlier">Earlier tokens</h2>
<ul class="rows">
${lives.slice(0, SHOWN_LIVES).map(
  (life) => html`<li><code>${life.token.slice(0, 6)}</code>
<span class="grow soft small">issued at ${time(life.issuedAt)}${life.reason && html`, ${ENDS[life.reason].toLowerCase()}`}</span>
${outcome(life)}</li>`,
)}
</ul>
</section>`;
}

/** @param {Life} life */
function outcome(life) {
  if (life.deadAt) return html`<span class="badge">${icon("cross")}dead since ${time(life.deadAt)}</span>`;
  if (life.failedAt) return html`<span class="badge bad">given up</span>`;
  return isWaiting(life)
    ? html`<span class="badge warn">${icon("clock")}waits</span>`
    : html`<span class="badge good">held</span>`;
}
