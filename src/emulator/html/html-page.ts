import { createHash } from "node:crypto";
import type { Answer } from "../http/answer.js";
import { FAVICON } from "./favicon.js";
import { STYLE } from "./page-style.js";

/** Text as it may stand in HTML and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A page without scripts. `formTargets` are the origins its form may end up at, redirects included. */
export function htmlPage(status: number, title: string, main: string, formTargets: readonly string[] = []): Answer {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    "img-src https: data:",
    // Chromium holds the redirect that answers a form against form-action as well.
    `form-action ${["'self'", ...formTargets].join(" ")}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${FAVICON}">
<style>${STYLE}</style>
</head>
<body>
<main>
${main}
</main>
<footer>Notion emulator: nothing here reaches notion.com</footer>
</body>
</html>
`;
  return {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "cache-control": "no-store",
      // Not no-referrer: that would make the form's Origin "null".
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    },
    body,
  };
}

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
