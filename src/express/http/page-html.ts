import { createHash } from "node:crypto";
import { FAVICON } from "./favicon.js";
import type { NotionPage } from "./notion-page.js";
import { type PageSign, pageSigns } from "./page-signs.js";
import { STYLE } from "./page-style.js";

/** What lets the style sheet through a policy. */
export const STYLE_HASH = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;

/** A page in the package's own look. */
export function pageHtml({ locale, dir, title, text, form, links }: NotionPage, sign: PageSign): string {
  const main = links.filter(({ quiet }) => !quiet);
  const actions = [
    ...main.map(linkHtml),
    ...(form === undefined ? [] : [formHtml(form, main.length > 0)]),
    ...links.filter(({ quiet }) => quiet).map(linkHtml),
  ];
  return `<!doctype html>
<html lang="${escapeHtml(locale)}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${FAVICON}">
<style>${STYLE}</style>
</head>
<body>
<main>
<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${pageSigns[sign]}"/></svg>
<div>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
<div class="actions">${actions.join("")}</div>
</div>
</main>
</body>
</html>
`;
}

function formHtml({ action, button, csrfToken }: NonNullable<NotionPage["form"]>, quiet: boolean): string {
  const token = csrfToken === undefined ? "" : `<input type="hidden" name="_csrf" value="${escapeHtml(csrfToken)}">`;
  return `<form method="post" action="${escapeHtml(action)}">${token}<button class="${buttonClass(quiet)}">${escapeHtml(button)}</button></form>`;
}

function linkHtml({ href, text, quiet }: NotionPage["links"][number]): string {
  return `<a class="${buttonClass(quiet)}" href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;
}

/** A page has one button that stands out. */
function buttonClass(quiet: boolean): string {
  return quiet ? "button quiet" : "button";
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
