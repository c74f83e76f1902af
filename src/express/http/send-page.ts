import type { Request, Response } from "express";
import { within } from "../../support/time-limit.js";
import type { Edge } from "../edge.js";
import { logAppError } from "../run-hook.js";
import { setPrivate } from "./answers.js";
import { directionOf } from "./direction-of.js";
import type { NotionPage } from "./notion-page.js";
import type { PageSign } from "./page-signs.js";

/** How long the app's template may take, in ms. */
const RENDER_TIMEOUT = 3000;

/** What a page says, and what only our own look of it needs. */
export interface Page extends Omit<NotionPage, "locale" | "dir"> {
  readonly sign: PageSign;
  /** Where the form leads beside the app's own origin: browsers follow forms across redirects only to where the policy lets them. */
  readonly formOrigins?: readonly string[];
}

/** Sends one of the package's own pages, in the app's template or in ours: no script, nothing from elsewhere, helmet's headers with a strict policy. */
export async function sendPage(edge: Edge, req: Request, res: Response, page: Page): Promise<void> {
  const { sign, formOrigins, ...said } = page;
  const { locale } = edge.core.options.pages;
  const shown = Object.freeze({ ...said, locale, dir: directionOf(locale) });
  const theirs = await renderedByApp(edge, req, shown);
  const { html, protect } =
    theirs === undefined ? await ownLook(shown, page) : { html: theirs, protect: keepOutOfFrames };
  // The app has answered meanwhile.
  if (res.headersSent) return;
  setPrivate(res);
  // Under `no-referrer` a form is posted with `Origin: null`, which browsers without Sec-Fetch-Site could not explain to us.
  if (page.form !== undefined) res.setHeader("Referrer-Policy", "same-origin");
  protect(req, res, () => {
    const body = Buffer.from(html);
    res.statusCode = page.status;
    res.setHeader("Content-Type", "text/html; charset=utf-8");
    res.setHeader("Content-Length", body.length);
    res.end(req.method === "HEAD" ? undefined : body);
  });
}

/** The page in the app's template; undefined where there is none, or where it does not work. */
async function renderedByApp(edge: Edge, req: Request, page: NotionPage): Promise<string | undefined> {
  const { render } = edge.core.options.pages;
  if (render === undefined) return undefined;
  try {
    const html: unknown = await within(RENDER_TIMEOUT, Promise.resolve(render(page, req)), () => new Error("late"));
    if (typeof html === "string") return html;
    edge.core.logger.error("pages.render brought no string", { brought: typeof html });
  } catch (error) {
    logAppError(edge, "pages.render failed", error);
  }
  return undefined;
}

async function ownLook(shown: NotionPage, { sign, form, formOrigins = [] }: Page) {
  // Loaded with the first page, which most processes never show.
  const [{ default: helmet }, { pageHtml, STYLE_HASH }] = await Promise.all([
    import("helmet"),
    import("./page-html.js"),
  ]);
  const protect = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [STYLE_HASH],
        imgSrc: ["data:"],
        formAction: form === undefined ? ["'none'"] : ["'self'", ...formOrigins],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: "deny" },
    // Whether a host is https for ever is the app's decision.
    strictTransportSecurity: false,
    referrerPolicy: false,
  });
  return { html: pageHtml(shown, sign), protect };
}

/** The app's styles and scripts are under the app's own policy. A second one only adds to it. */
function keepOutOfFrames(_req: Request, res: Response, send: () => void): void {
  res.appendHeader("Content-Security-Policy", "frame-ancestors 'none'");
  res.setHeader("X-Frame-Options", "DENY");
  res.setHeader("X-Content-Type-Options", "nosniff");
  send();
}
