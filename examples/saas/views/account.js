// @ts-check
import { html } from "../../look/html.js";
import { post, time } from "../../look/layout.js";
import { page } from "./page.js";

/** @typedef {import("express-notion-oauth").RevocationReceipt} RevocationReceipt */

/** @param {import("../accounts.js").Account} account */
export function deletionPage({ name }) {
  return page({
    title: "Delete your account?",
    name,
    main: html`<section class="card middle">
<h1>Delete your account?</h1>
<p class="lead">This cannot be undone. In this order:</p>
<ol>
<li>Every workspace is disconnected, and its tokens are revoked at Notion.</li>
<li>What was found there, your name and your password are deleted.</li>
<li>You are logged out on every device.</li>
</ol>
<div class="actions">
${post("/account/delete", "Delete my account", { tone: "danger" })}
<a class="button" href="/security">Keep it</a>
</div>
</section>`,
  });
}

/** @type {Readonly<Record<RevocationReceipt["revocation"], readonly [text: string, tone: string]>>} */
const OUTCOMES = {
  revoked: ["revoked", "good"],
  already_invalid: ["was dead already", "plain"],
  queued: ["waits for Notion", "warn"],
  failed: ["not confirmed", "bad"],
  none: ["held by somebody else", "plain"],
};

/** @param {RevocationReceipt[]} receipts */
export function goodbyePage(receipts) {
  const isWaiting = receipts.some(({ revocation }) => revocation === "queued");
  return page({
    title: "Your account is deleted",
    main: html`<section class="card middle wide">
<h1>Your account is deleted</h1>
${
  receipts.length === 0
    ? html`<p class="lead">No workspace was ever connected, so there was no token to revoke.</p>`
    : html`<p class="lead">What became of the tokens that this app had for your workspaces. Nothing here tells what they led to.</p>
<ul class="rows">${receipts.map(receipt)}</ul>`
}
${isWaiting && html`<p class="notice">Notion does not answer at the moment. What waits is revoked as soon as it does, whoever asks or does not ask.</p>`}
<div class="actions">
${isWaiting && html`<a class="button" href="/goodbye">Look again</a>`}
<a class="button" href="/sign-up">Start again</a>
</div>
</section>`,
  });
}

/** @param {RevocationReceipt} receipt */
function receipt({ tokens, revocation, confirmedAt, since }) {
  const [text, tone] = OUTCOMES[revocation];
  return html`<li>
<span class="grow">${tokens.length} ${tokens.length === 1 ? "token" : "tokens"} ${tokens.map((token) => html`<code>${token.slice(0, 8)}</code> `)}
<span class="soft small">${confirmedAt ? html`confirmed ${time(confirmedAt)}` : since && html`asked for ${time(since)}`}</span></span>
<span class="badge ${tone}">${text}</span>
</li>`;
}
