import type { Request } from "express";
import {
  LoginError,
  NotionApiError,
  type NotionApiErrorCode,
  type NotionOAuthError,
  RequestRefusedError,
} from "../../errors.js";
import { isLoopback } from "../../options/check-urls.js";
import type { Edge } from "../edge.js";
import { basePath, homePath } from "./addresses.js";
import type { Page } from "./pages.js";
import { withReturnTo } from "./return-to.js";

const titles: Readonly<Record<string, string>> = {
  access_denied: "Notion was not connected",
  invalid_state: "Please start again",
  logged_out: "Please start again",
  invalid_callback: "Please start again",
  authorization_failed: "Notion was not connected",
  cross_site_request: "That did not come from this site",
  login_required: "Please log in first",
  user_changed: "Please start again",
  not_connected: "Not connected to Notion",
  reconnect_required: "Please connect again",
};

/** What a person is shown of an error: what it means, and the way on. */
export function errorPage(edge: Edge, req: Request, error: NotionOAuthError): Page {
  const { login } = edge.core.options.routes;
  const canStart = login !== false && error.code !== "login_required" && !(error instanceof RequestRefusedError);
  const returnTo = error instanceof LoginError ? error.returnTo : undefined;
  return {
    status: error.status,
    title: titles[error.code] ?? "That did not work",
    text: (error.expose ? error.message : explain(error)) + hintOf(error),
    links: [
      ...(canStart
        ? [{ href: withReturnTo(`${basePath(edge, req)}${login}`, returnTo), text: "Connect to Notion" }]
        : []),
      { href: homePath(edge, req), text: "Go to the start page", quiet: true },
    ],
  };
}

/** On the developer's own machine, where the Host header is nobody else's. */
function hintOf(error: NotionOAuthError): string {
  const hosts = error instanceof LoginError ? error.hosts : undefined;
  if (hosts === undefined) return "";
  const { startedAt, redirectUri } = hosts;
  if (![startedAt, redirectUri].every((host) => isLoopback(new URL(`http://${host}`).hostname))) return "";
  return ` It was started at ${startedAt}, but its redirect URI leads to ${redirectUri}, where the browser has another set of cookies: open the app at ${redirectUri}.`;
}

/** Whose fault it is, without what only operators need to know. */
function explain(error: NotionOAuthError): string {
  // What failed at Notion may come as the cause of what could not be done here.
  const isNotions = [error, error.cause].some((one) => one instanceof NotionApiError && !ownFaults.has(one.code));
  return isNotions
    ? "Notion did not answer as it should. Please try again in a moment."
    : "Something did not work on our side. Please try again in a moment.";
}

/** What a call to Notion fails with although Notion does its part. */
const ownFaults: ReadonlySet<NotionApiErrorCode> = new Set(["invalid_client", "client_secret_unavailable"]);
