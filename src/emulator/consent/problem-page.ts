import type { Answer } from "../http/answer.js";
import { escapeHtml, htmlPage } from "../html/html-page.js";

/** The page for an authorize URL that leads nowhere. */
export function problemPage(status: number, message: string): Answer {
  return htmlPage(
    status,
    "This link does not work",
    `<h1>This link does not work</h1>
<p class="lead">${escapeHtml(message)}</p>
<p class="lead">The app has to fix its link to Notion. You were not sent back, and nothing was shared.</p>`,
  );
}
