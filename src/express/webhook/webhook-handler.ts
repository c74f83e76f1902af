import type { NextFunction, Request, RequestHandler, Response } from "express";
import { RequestRefusedError, WebhookError } from "../../errors.js";
import { storedConnection } from "../../lifecycle/connections/stored-connection.js";
import { handleOnce } from "../../lifecycle/webhook/handle-once.js";
import { within } from "../../support/time-limit.js";
import type { Edge } from "../edge.js";
import { sendJson } from "../http/answers.js";
import { fail, refuse } from "../http/fail.js";
import { refuseMethod } from "../routes/logout.js";
import { logAppError } from "../run-hook.js";
import { findConnections } from "./event-connections.js";
import { readRawBody } from "./raw-body.js";
import { isSigned } from "./signature.js";
import { eventIn, fieldsIn, handshakeToken, type NotionWebhookEvent } from "./webhook-event.js";
import { checkWebhookOptions, type ResolvedWebhookOptions, type WebhookOptions } from "./webhook-options.js";

/** How long `onVerificationToken` may take, in ms. */
const HOOK_TIMEOUT = 10_000;

/** What a delivery is handled with. */
interface Webhook extends ResolvedWebhookOptions {
  readonly edge: Edge;
}

/** Takes Notion's deliveries: body read as it came, signature checked, each event handed over once. Needs no session. */
export function webhookHandler(edge: Edge, options: WebhookOptions): RequestHandler {
  const webhook: Webhook = { edge, ...checkWebhookOptions(options, edge.core.options.timeout) };
  return async function notionWebhook(req: Request, res: Response, next: NextFunction) {
    try {
      if (req.method === "OPTIONS") return next();
      if (req.method !== "POST") return refuseMethod(edge, req, res, next, "POST", "webhook");
      await receive(webhook, req);
      if (!res.headersSent) sendJson(res, 200, { received: true });
    } catch (error) {
      // What nobody has read would be taken for the next request.
      if (!req.readableEnded && !res.headersSent) res.setHeader("Connection", "close");
      if (error instanceof RequestRefusedError) return refuse(edge, req, res, next, error, "webhook");
      if (error instanceof WebhookError && error.retryAfter !== undefined && !res.headersSent)
        res.setHeader("Retry-After", Math.ceil(error.retryAfter / 1000));
      fail(edge, req, res, next, error);
    }
  };
}

/** @throws RequestRefusedError, WebhookError, StoreError, OptionError */
async function receive(webhook: Webhook, req: Request): Promise<void> {
  const body = await readRawBody(req);
  if (body === undefined) throw new RequestRefusedError("invalid_request");
  const signature = req.headers["x-notion-signature"];
  const tokens = await webhook.bringTokens();
  if (tokens.length === 0) return shakeHands(webhook, body, signature);
  if (!isSigned(body, signature, tokens)) throw new RequestRefusedError("invalid_signature");

  const fields = fieldsIn(body);
  const token = handshakeToken(fields);
  if (token !== undefined) {
    // Signed with a token that we know, and with the one in the body: so they are the same.
    if (!isSigned(body, signature, [token])) throw new RequestRefusedError("invalid_signature");
    return;
  }
  const event = eventIn(fields);
  if (event === undefined) throw new RequestRefusedError("invalid_request");
  await handleEvent(webhook, event);
}

/** While no token is known, the app gets the one of a handshake. That it is signed shows that it was not damaged, and nothing else. */
async function shakeHands(
  { edge, onVerificationToken }: Webhook,
  body: Uint8Array,
  signature: string | string[] | undefined,
): Promise<void> {
  const token = handshakeToken(fieldsIn(body));
  if (token === undefined || onVerificationToken === undefined || !isSigned(body, signature, [token]))
    throw new RequestRefusedError("invalid_signature");
  const kept = Promise.resolve(token).then(onVerificationToken);
  try {
    await within(HOOK_TIMEOUT, kept, () => new Error("late"));
  } catch (error) {
    logAppError(edge, "onVerificationToken failed", error);
    // Without its cause, which may hold the token.
    throw new WebhookError("handler_failed");
  }
}

async function handleEvent({ edge, onEvent }: Webhook, event: NotionWebhookEvent): Promise<void> {
  const { core, refresh } = edge;
  const entries = await findConnections(core, event);
  const connections = entries.map((entry) => storedConnection(core, refresh, entry));
  const subscription = typeof event.subscription_id === "string" ? event.subscription_id : undefined;
  await handleOnce(core, { id: event.id, subscription }, async () => {
    try {
      await onEvent(event, { connections });
    } catch (cause) {
      logAppError(edge, "onEvent failed", cause);
      throw new WebhookError("handler_failed", { cause });
    }
  });
}
