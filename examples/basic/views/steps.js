// @ts-check
// The steps of the story, and what to do next.
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { stepNames } from "./scenes.js";

/**
 * @param {import("./scenes.js").State} state
 * @param {import("./scenes.js").Scene} scene what `sceneOf()` says of it
 * @param {import("../../look/html.js").Html} sides
 */
export function steps({ life, isDown }, { step, title, text, actions, hint }, sides) {
  return html`<section class="card guide" aria-labelledby="next">
<ol class="steps">
${stepNames(isDown).map((name, index) => {
  // Whoever brings Notion up first has not stopped the server.
  const isSkipped = name === "Stop and start the server" && !life?.restarts.length;
  return stepItem(name, index, index === step ? "now" : index < step && !isSkipped ? "done" : "ahead");
})}
</ol>
<div>
<h1 id="next" tabindex="-1">${title}</h1>
<p class="lead" aria-live="polite">${text}</p>
${actions && html`<div class="actions">${actions}</div>`}
${hint && html`<p class="soft small">${hint}</p>`}
</div>
${sides}
</section>`;
}

/**
 * @param {string} name
 * @param {number} index
 * @param {"done" | "now" | "ahead"} phase
 */
function stepItem(name, index, phase) {
  return html`<li class="${phase}"${phase === "now" && html` aria-current="step"`}>
<span class="number">${phase === "done" ? html`${icon("check")}<span class="unseen">Done:</span>` : index + 1}</span>
<span class="name">${name}</span></li>`;
}
