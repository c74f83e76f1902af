// @ts-check
// The life of a token, drawn: moments are circles, what lasts is a line between them. It is a list, so it reads as one, too.
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { time } from "../../look/layout.js";
import { isWaiting } from "../lives.js";

/** @typedef {import("../lives.js").Life} Life */

/** @type {Readonly<Record<import("express-notion-oauth").EndReason, string>>} */
export const ENDS = {
  logged_out: "Logged out",
  disconnected: "Disconnected",
  reconnect: "Ended by Notion",
  replaced: "Replaced by a new login",
  expired: "Session expired",
  abandoned: "Login came to nothing",
  released: "Kept by the app itself",
};

/**
 * @param {Life | undefined} life undefined: none was issued yet
 * @param {import("../emulated-notion.js").InsideNotion | undefined} inside
 */
export function lifeCard(life, inside) {
  return html`<section class="card" aria-labelledby="life">
<h2 id="life">${life ? "The life of your token" : "The life of a token"}</h2>
<ol class="life">
${moment("Issued", "key", life?.issuedAt)}
${held(life)}
${moment(life?.reason ? ENDS[life.reason] : "Logged out", "leave", life?.endedAt)}
${waits(life)}
${life?.failedAt ? moment("Given up", "cross", life.failedAt, "bad") : moment("Dead", "cross", life?.deadAt, "end")}
</ol>
${life && inside && proof(life, inside)}
</section>`;
}

const KINDS = { access: "Access token", refresh: "Refresh token" };

/**
 * @param {Life} life
 * @param {import("../emulated-notion.js").InsideNotion} inside
 */
function proof({ token }, { tokens }) {
  const family = tokens.find(({ label }) => label === token)?.family;
  return html`<ul class="proof" aria-label="What Notion says of the tokens">
${tokens
  .filter((one) => one.family === family)
  .map(
    ({ kind, label, works }) => html`<li>${KINDS[kind]} <code class="soft">${label.slice(0, 6)}</code>
<span class="badge ${works && "good"}">${icon(works ? "check" : "cross")}${works ? "works" : "dead"} at Notion</span></li>`,
  )}
</ul>`;
}

/**
 * @param {string} name
 * @param {Parameters<typeof icon>[0]} drawing
 * @param {number | undefined} at
 * @param {string} [tone]
 */
function moment(name, drawing, at, tone = "") {
  return html`<li class="moment ${at === undefined ? "ahead" : tone}">
<span class="point">${icon(drawing)}</span>
<span class="what"><strong>${name}</strong> <span class="when">${at === undefined ? "not yet" : time(at)}</span></span>
</li>`;
}

/**
 * @param {string} name
 * @param {"ahead" | "now" | "past" | "none"} phase
 * @param {unknown} when
 * @param {string} kind
 * @param {unknown} [text]
 */
function span(name, phase, when, kind, text) {
  return html`<li class="span ${kind} ${phase}"${phase === "now" && html` aria-current="step"`}>
<span class="line"></span>
<span class="what"><strong>${name}</strong> <span class="when">${when}</span>${text}</span>
</li>`;
}

/** @param {Life | undefined} life */
function held(life) {
  if (!life) return span("Held", "ahead", "not yet", "held");
  const { issuedAt, endedAt, deadAt } = life;
  const end = endedAt ?? deadAt;
  if (end !== undefined) return span("Held", "past", html`for ${duration(end - issuedAt)}`, "held");
  return span(
    "Held",
    "now",
    html`since ${time(issuedAt)}`,
    "held",
    html`<span class="note">by a session of this app</span>`,
  );
}

/** @param {Life | undefined} life */
function waits(life) {
  if (life === undefined || (life.endedAt === undefined && life.deadAt === undefined))
    return span("Waiting", "ahead", "if Notion is down", "waiting");
  const { queuedAt, deadAt, failedAt } = life;
  if (queuedAt === undefined) return span("Waiting", "none", "not needed", "waiting");
  const end = deadAt ?? failedAt;
  const when = end === undefined ? html`since ${time(queuedAt)}` : html`for ${duration(end - queuedAt)}`;
  const where =
    life.reason === "reconnect"
      ? "until Notion confirms that it is dead"
      : "in SQLite, sealed; it still works at Notion";
  const text = isWaiting(life) && html`<span class="note">${where}</span>`;
  return span(
    "Waiting",
    end === undefined ? "now" : "past",
    when,
    "waiting",
    html`${text}${life.restarts.map(restart)}`,
  );
}

/** @param {Life["restarts"][number]} restart */
function restart({ stoppedAt, startedAt, pid }) {
  return html`<span class="note">${icon("server")} server ${stoppedAt ? html`stopped at ${time(stoppedAt)}` : "killed"}${
    startedAt && html`, started at ${time(startedAt)} as process ${pid}`
  }</span>`;
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 1) return "less than a second";
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
