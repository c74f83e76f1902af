import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { setPrivate } from "./answers.js";

const STYLE = `
:root{color-scheme:light dark;--ink:#1f1f1e;--soft:#6b6a66;--paper:#fbfbfa;--card:#fff;--line:#e6e5e1;--go:#1f1f1e;--on-go:#fff;--focus:#2f6fde}
@media (prefers-color-scheme:dark){:root{--ink:#ecebe8;--soft:#a3a29d;--paper:#191918;--card:#222221;--line:#3a3937;--go:#ecebe8;--on-go:#191918;--focus:#7aa7ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.25rem;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2rem}
h1{margin:0 0 .5rem;font-size:1.35rem;line-height:1.25;letter-spacing:-.01em}
p{margin:0 0 1.5rem;color:var(--soft)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem}
button,a.button{font:inherit;font-weight:600;min-height:2.75rem;padding:.55rem 1.15rem;border-radius:9px;border:1px solid var(--go);background:var(--go);color:var(--on-go);text-decoration:none;cursor:pointer}
a.quiet{align-self:center;color:var(--soft)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
`;
const STYLE_HASH = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  /** Where the form of the page leads; forms are followed across redirects, so trusted origins are allowed too. */
  readonly form?: {
    readonly action: string;
    readonly button: string;
    readonly origins: readonly string[];
    /** The token of the app's CSRF middleware, where one is in front. */
    readonly csrfToken: string | undefined;
  };
  readonly links: readonly Link[];
}

interface Link {
  readonly href: string;
  readonly text: string;
  readonly quiet?: boolean;
}

/** Sends one of the package's own pages: no script, nothing from elsewhere, helmet's headers with a strict policy. False when the app has answered meanwhile. */
export async function sendPage(req: Request, res: Response, page: Page): Promise<boolean> {
  const harden = await hardening(page);
  if (res.headersSent) return false;
  setPrivate(res);
  harden(req, res, () => {
    const html = Buffer.from(render(page));
    res.statusCode = page.status;
    res.setHeader("Content-Type", "text/html; charset=utf-8");
    res.setHeader("Content-Length", html.length);
    res.end(req.method === "HEAD" ? undefined : html);
  });
  return true;
}

async function hardening({ form }: Page) {
  // Loaded with the first page, which most processes never show.
  const { default: helmet } = await import("helmet");
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [STYLE_HASH],
        formAction: form === undefined ? ["'none'"] : ["'self'", ...form.origins],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Whether a host is https for ever is the app's decision.
    strictTransportSecurity: false,
    // Under `no-referrer` a form is posted with `Origin: null`, which browsers without Sec-Fetch-Site could not explain to us.
    referrerPolicy: { policy: form === undefined ? "no-referrer" : "same-origin" },
  });
}

function render({ title, text, form, links }: Page): string {
  const token =
    form?.csrfToken === undefined ? "" : `<input type="hidden" name="_csrf" value="${escapeHtml(form.csrfToken)}">`;
  const button =
    form &&
    `<form method="post" action="${escapeHtml(form.action)}">${token}<button type="submit">${escapeHtml(form.button)}</button></form>`;
  const anchors = links.map(
    (link) =>
      `<a class="${link.quiet ? "quiet" : "button"}" href="${escapeHtml(link.href)}">${escapeHtml(link.text)}</a>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
<div class="actions">${button ?? ""}${anchors.join("")}</div>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
