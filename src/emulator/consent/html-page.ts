import { createHash } from "node:crypto";
import type { Answer } from "../http/answer.js";

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
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
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

const STYLE = `
:root { --ink: #25231f; --soft: #6b6860; --line: #dcd9d2; --edge: #85827a; --back: #f7f6f3; --card: #fff; --blue: #1f6fd1; --on-blue: #fff; --pick: #edf4fc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececea; --soft: #a9a7a1; --line: #45433f; --edge: #85827c; --back: #191918; --card: #232322; --blue: #6eb0ff; --on-blue: #10233a; --pick: #1d2c3f; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; padding: 1.25rem; display: flex; flex-direction: column; justify-content: center; align-items: center; gap: 1rem;
  background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { width: 100%; max-width: 27rem; padding: 2rem 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: 0 8px 30px rgb(0 0 0 / 6%); }
footer { color: var(--soft); font-size: .8125rem; text-align: center; }
h1 { margin: 1.25rem 0 .5rem; font-size: 1.375rem; line-height: 1.3; text-align: center; text-wrap: balance; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; }
.lead { color: var(--soft); text-align: center; }
.marks { display: flex; justify-content: center; align-items: center; gap: .75rem; color: var(--soft); }
.mark { width: 3rem; height: 3rem; display: grid; place-items: center; border: 1px solid var(--line); border-radius: 12px; font-size: 1.375rem; font-weight: 700; color: var(--ink); }
fieldset { margin: 1.25rem 0; padding: 0; border: 0; }
legend, .label { display: block; margin-bottom: .5rem; padding: 0; font-weight: 600; }
.choice { display: flex; align-items: center; gap: .75rem; min-height: 3.25rem; padding: .625rem .875rem; border: 1px solid var(--edge); border-radius: 10px; cursor: pointer; overflow-wrap: anywhere; }
.choice + .choice { margin-top: .5rem; }
.choice:has(:checked) { border-color: var(--blue); background: var(--pick); }
.choice input { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--blue); flex: none; }
.icon { width: 1.75rem; height: 1.75rem; display: grid; place-items: center; flex: none; border-radius: 6px; background: var(--back); font-weight: 600; }
.icon img { width: 100%; height: 100%; border-radius: 6px; object-fit: cover; }
select { width: 100%; min-height: 2.75rem; padding: .5rem .625rem; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: 10px; }
ul { margin: 0; padding: 0; list-style: none; }
li { padding-left: 1.5rem; position: relative; }
li::before { content: "✓" / ""; position: absolute; left: 0; color: var(--blue); font-weight: 700; }
.buttons { display: flex; flex-wrap: wrap; gap: .625rem; margin-top: 1.5rem; }
button { flex: 1 1 9rem; min-height: 2.875rem; padding: .5rem 1rem; font: inherit; font-weight: 600; border-radius: 10px; cursor: pointer; border: 1px solid var(--edge); background: transparent; color: inherit; }
button.allow { border-color: var(--blue); background: var(--blue); color: var(--on-blue); }
button:hover { filter: brightness(.95); }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
.target { margin: 1.25rem 0 0; color: var(--soft); font-size: .8125rem; text-align: center; overflow-wrap: anywhere; }
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
