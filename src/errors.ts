/**
 * Every error this package throws. A programmer's mistake is an {@link OptionError} (a `TypeError`, thrown at once);
 * everything the network, a store or a user can cause is a {@link NotionOAuthError} with a literal `code`, the HTTP `status` it deserves and constant text.
 * No message, field or cause ever holds a token, code, state or secret.
 */

/** A wrong, missing or unknown option, or a wrong mounting order. Thrown when the object or handler is created, or at the first request that shows it. */
export class OptionError extends TypeError {
  override readonly name = "OptionError";
  readonly code = "ERR_NOTION_OAUTH_OPTION";
  /** For Express' error handlers: a misconfigured server is a 500. */
  readonly status = 500;
  readonly expose = false;
  /** The name of the option (or part of the set-up) that is wrong. Never its value. */
  readonly option: string;

  constructor(option: string, message: string) {
    super(message);
    this.option = option;
  }
}

/**
 * Base of all errors that are not a programmer's mistake: {@link NotionApiError}, {@link LoginError}, {@link ConnectionError}, {@link StoreError},
 * {@link RequestRefusedError} and {@link WebhookError}. Its message is constant text, and no field holds a secret.
 * @example
 * ```ts
 * import { NotionOAuthError } from "express-notion-oauth";
 * import type { NextFunction, Request, Response } from "express";
 *
 * app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
 *   if (!(error instanceof NotionOAuthError)) return next(error);
 *   res.status(error.status).json({ error: error.code });
 * });
 * ```
 */
export abstract class NotionOAuthError extends Error {
  /** What went wrong: one of a closed list for each class. */
  abstract readonly code: string;
  /** The HTTP status this error deserves, 400 to 504. Read by Express' error handling. */
  abstract readonly status: number;
  /** Whether `message` may be shown to the user. */
  get expose(): boolean {
    return this.status < 500;
  }
}

const apiErrors = {
  notion_timeout: [504, "Notion did not answer in time."],
  notion_unreachable: [502, "Notion could not be reached."],
  notion_unavailable: [502, "Notion answered that it cannot serve the request at the moment."],
  notion_rate_limited: [503, "Notion limits the rate of requests at the moment."],
  notion_invalid_response: [502, "Notion's answer could not be understood."],
  notion_rejected: [502, "Notion refused the request."],
  invalid_grant: [400, "Notion did not accept the authorization code or refresh token."],
  invalid_client: [500, "Notion did not accept the client credentials."],
  client_secret_unavailable: [503, "The client secret could not be brought."],
} as const;

/** What went wrong in a call to Notion. The guides have a table of all codes, with what to do. */
export type NotionApiErrorCode = keyof typeof apiErrors;

/**
 * A call to Notion that did not bring what it should.
 * @see https://developers.notion.com/reference/status-codes
 */
export class NotionApiError extends NotionOAuthError {
  override readonly name = "NotionApiError";
  readonly code: NotionApiErrorCode;
  readonly status: number;
  /** The path of the endpoint that was called, such as `/v1/oauth/token`. */
  readonly endpoint: string;
  /** The status Notion answered with, when it answered. */
  readonly upstreamStatus: number | undefined;
  /** Notion's id of the request, for its support. */
  readonly requestId: string | undefined;
  /** Cloudflare's id of the request (`cf-ray`), which stands in front of Notion. */
  readonly cfRay: string | undefined;
  /** How long Notion asks to wait, in ms. */
  readonly retryAfter: number | undefined;
  /** True when Notion's answer says that it granted nothing: an error in its own form (RFC 6749, section 5.2). */
  readonly refused: boolean;
  /** False when it is certain that Notion never saw the request (refused, unresolvable, TLS failed): only then may a single-use value be sent again. */
  readonly sent: boolean;

  constructor(
    code: NotionApiErrorCode,
    endpoint: string,
    details: {
      sent: boolean;
      refused?: boolean;
      upstreamStatus?: number | undefined;
      requestId?: string | undefined;
      cfRay?: string | undefined;
      retryAfter?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(apiErrors[code][1], details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = apiErrors[code][0];
    this.endpoint = endpoint;
    this.sent = details.sent;
    this.refused = details.refused ?? false;
    this.upstreamStatus = details.upstreamStatus;
    this.requestId = details.requestId;
    this.cfRay = details.cfRay;
    this.retryAfter = details.retryAfter;
  }
}

const loginErrors = {
  access_denied: [403, "Access to Notion was not granted."],
  authorization_failed: [400, "Notion did not complete the authorization."],
  invalid_state: [400, "This login was not started here, was already finished, or has expired."],
  login_required: [401, "Log in to this app before you connect it with Notion."],
  user_changed: [401, "This login was started by somebody else who was logged in here."],
  logged_out: [409, "This session was logged out while the login was under way."],
  abandoned: [400, "Nobody was there any more to hear of this login."],
  invalid_callback: [400, "What came back from this login is incomplete or was changed on the way."],
} as const;

/** Why a login came to nothing. The guides have a table of all codes, with what to do. */
export type LoginErrorCode = keyof typeof loginErrors;

/**
 * Where a login was started, and where Notion sends the browser back to: host and port.
 * @inline
 */
export interface LoginHosts {
  /** Host and port where the browser began the login. */
  readonly startedAt: string;
  /** Host and port of the redirect URI. */
  readonly redirectUri: string;
}

/** A login that was denied, whose callback is not acceptable, or that met a logout. Nobody is connected by it. */
export class LoginError extends NotionOAuthError {
  override readonly name = "LoginError";
  readonly code: LoginErrorCode;
  readonly status: number;
  /** Where the login would have gone, when that is known: checked, so that a page may offer to start again. */
  readonly returnTo: string | undefined;
  /** Both hosts, when the login's cookie was left at another one than the redirect URI's. As the browser named it: for logs, and for pages only on loopback. */
  readonly hosts: LoginHosts | undefined;

  constructor(code: LoginErrorCode, returnTo?: string, hosts?: LoginHosts) {
    super(loginErrors[code][1]);
    this.code = code;
    this.status = loginErrors[code][0];
    this.returnTo = returnTo;
    this.hosts = hosts;
  }
}

const connectionErrors = {
  not_connected: [401, "This session is not connected to Notion."],
  reconnect_required: [401, "The connection to Notion has ended; the user has to connect again."],
  attended_only: [403, "This connection may be used only while its user is present."],
  refresh_failed: [503, "The access token could not be refreshed at the moment."],
  introspection_failed: [503, "The access token could not be checked at the moment."],
} as const;

/** Why a connection cannot be used. The guides have a table of all codes, with what to do. */
export type ConnectionErrorCode = keyof typeof connectionErrors;

/** The session has no usable connection, or it cannot be used at the moment. */
export class ConnectionError extends NotionOAuthError {
  override readonly name = "ConnectionError";
  readonly code: ConnectionErrorCode;
  readonly status: number;

  constructor(code: ConnectionErrorCode, options?: { cause?: unknown }) {
    super(connectionErrors[code][1], options);
    this.code = code;
    this.status = connectionErrors[code][0];
  }
}

const storeErrors = {
  session_unavailable: [503, "There is no session: its store is not available."],
  store_unavailable: [503, "The session store is not available."],
  store_timeout: [503, "The session store did not answer in time."],
  vault_unavailable: [503, "The vault is not available."],
  vault_timeout: [503, "The vault did not answer in time."],
  unsealable: [500, "Sealed tokens could not be opened: altered, or sealed with another `secret` or `clientSecret`."],
} as const;

/** What failed of the vault or the session store. The guides have a table of all codes, with what to do. */
export type StoreErrorCode = keyof typeof storeErrors;

/** The vault or the session store failed. Never means "not connected". */
export class StoreError extends NotionOAuthError {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  readonly status: number;

  constructor(code: StoreErrorCode, options?: { cause?: unknown }) {
    super(storeErrors[code][1], options);
    this.code = code;
    this.status = storeErrors[code][0];
  }

  /** Whether it was the session store that failed, and not the vault. */
  get isOfSession(): boolean {
    return this.code === "session_unavailable" || this.code === "store_unavailable" || this.code === "store_timeout";
  }

  /** Whether the vault did not answer as it should. */
  get isOfVault(): boolean {
    return this.code === "vault_unavailable" || this.code === "vault_timeout";
  }
}

const refusals = {
  cross_site_request: [403, "Requests from other sites are refused."],
  method_not_allowed: [405, "This address does not serve this method."],
  invalid_request: [400, "The request is malformed."],
  invalid_signature: [401, "The signature of the request is missing or wrong."],
} as const;

/** Why a request was refused. The guides have a table of all codes, with what to do. */
export type RequestRefusedCode = keyof typeof refusals;

/** A request that the package's own routes refuse. Nothing was changed. */
export class RequestRefusedError extends NotionOAuthError {
  override readonly name = "RequestRefusedError";
  readonly code: RequestRefusedCode;
  readonly status: number;

  constructor(code: RequestRefusedCode) {
    super(refusals[code][1]);
    this.code = code;
    this.status = refusals[code][0];
  }
}

const webhookErrors = {
  handler_failed: [500, "The app could not handle what Notion sent."],
  event_in_progress: [503, "This event is being handled at the moment."],
  verification_token_unavailable: [503, "The verification token could not be brought."],
} as const;

/** Why a delivery could not be handled. The guides have a table of all codes, with what to do. */
export type WebhookErrorCode = keyof typeof webhookErrors;

/** A delivery of Notion's that is genuine and could not be handled. Notion sends it again. `cause` is what `onEvent` failed with, for the app's own error handlers. */
export class WebhookError extends NotionOAuthError {
  override readonly name = "WebhookError";
  readonly code: WebhookErrorCode;
  readonly status: number;
  /** After how many ms the next delivery may be handled, when that is known. */
  readonly retryAfter: number | undefined;

  constructor(code: WebhookErrorCode, details: { retryAfter?: number; cause?: unknown } = {}) {
    super(webhookErrors[code][1], details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = webhookErrors[code][0];
    this.retryAfter = details.retryAfter;
  }
}
