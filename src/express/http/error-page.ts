import type { Request } from "express";
import {
  LoginError,
  NotionApiError,
  type NotionApiErrorCode,
  type NotionOAuthError,
  RequestRefusedError,
} from "../../errors.js";
import { isLoopback } from "../../options/check-urls.js";
import type { PageName, PageTexts } from "../../options/page-texts.js";
import type { Edge } from "../edge.js";
import { addressOf, basePath, homePath } from "./addresses.js";
import type { PageSign } from "./page-signs.js";
import { queryOf } from "./request-facts.js";
import { checkReturnTo, withReturnTo } from "./return-to.js";
import type { Page } from "./send-page.js";

/** The errors that have a page of their own. Every other one is a fault of Notion or of the app, and no more is to be told of it. */
const signs: Readonly<Partial<Record<PageName, PageSign>>> = {
  access_denied: "apart",
  authorization_failed: "cloud",
  invalid_state: "page",
  invalid_callback: "page",
  invalid_grant: "page",
  login_required: "person",
  user_changed: "person",
  logged_out: "leave",
  not_connected: "apart",
  reconnect_required: "apart",
  cross_site_request: "shield",
  method_not_allowed: "page",
  invalid_request: "page",
};

/** What a person is shown of an error: whose fault it is, what became of it, and the way on. */
export function errorPage(edge: Edge, req: Request, error: NotionOAuthError): Page {
  const { texts } = edge.core.options.pages;
  const own = Object.hasOwn(signs, error.code) ? (error.code as PageName) : undefined;
  const name = own ?? (isNotions(error) ? "notion_fault" : "app_fault");
  const link = own === undefined ? wayBack(edge, req) : wayToNotion(edge, req, error);
  return {
    status: error.status,
    code: error.code,
    title: texts[`${name}.title`],
    text: texts[`${name}.text`] + hintOf(texts, error),
    sign: (own && signs[own]) ?? (name === "notion_fault" ? "cloud" : "warning"),
    form: undefined,
    links: [
      ...(link === undefined ? [] : [link]),
      { href: homePath(edge, req), text: texts["link.home"], quiet: link !== undefined },
    ],
  };
}

type Link = Page["links"][number];

function wayToNotion(edge: Edge, req: Request, error?: NotionOAuthError): Link | undefined {
  const { routes, pages } = edge.core.options;
  if (routes.login === false || error?.code === "login_required" || error instanceof RequestRefusedError)
    return undefined;
  const returnTo = error instanceof LoginError ? error.returnTo : ownAddress(edge, req);
  const href = withReturnTo(`${basePath(edge, req)}${routes.login}`, returnTo);
  return { href, text: pages.texts["link.connect"], quiet: false };
}

/** To the same page again. A login or callback cannot be repeated, but begun anew; of what is posted, only a logout has a page. */
function wayBack(edge: Edge, req: Request): Link | undefined {
  const { routes, pages } = edge.core.options;
  const logout = `${basePath(edge, req)}${routes.logout}`;
  const isLogout = addressOf(edge, req).split("?")[0] === logout;
  const href = ownAddress(edge, req) ?? (isLogout ? logout : undefined);
  if (href === undefined) return isRead(req) ? wayToNotion(edge, req) : undefined;
  return { href, text: pages.texts["link.retry"], quiet: false };
}

/** The address of this page, where it can be opened again. What Notion sends somebody back with is used up, and belongs in no page. */
function ownAddress(edge: Edge, req: Request): string | undefined {
  const query = queryOf(req);
  if (!isRead(req) || query.has("code") || query.has("state")) return undefined;
  return checkReturnTo(addressOf(edge, req), edge.returnToRules);
}

function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** On the developer's own machine, where the Host header is nobody else's. */
function hintOf(texts: PageTexts, error: NotionOAuthError): string {
  const hosts = error instanceof LoginError ? error.hosts : undefined;
  if (hosts === undefined) return "";
  const startedAt = new URL(`http://${hosts.startedAt}`);
  const redirectUri = new URL(`http://${hosts.redirectUri}`);
  if (!isLoopback(startedAt.hostname) || !isLoopback(redirectUri.hostname)) return "";
  const hint = texts["invalid_state.hosts"].replaceAll("{startedAt}", () => startedAt.host);
  return ` ${hint.replaceAll("{redirectUri}", () => redirectUri.host)}`;
}

function isNotions(error: NotionOAuthError): boolean {
  // What failed at Notion may come as the cause of what could not be done here.
  return [error, error.cause].some((one) => one instanceof NotionApiError && !ownFaults.has(one.code));
}

/** What a call to Notion fails with although Notion does its part. */
const ownFaults: ReadonlySet<NotionApiErrorCode> = new Set(["invalid_client", "client_secret_unavailable"]);
