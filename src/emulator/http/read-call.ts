import { hash, randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { MutableRequest } from "../journal.js";
import type { TokenLedger } from "../state/token-ledger.js";
import type { Call } from "./call.js";
import { endpointOf } from "./endpoint-of.js";
import { parseBasic, parseBearer } from "./parse-authorization.js";
import { parseBody } from "./parse-body.js";

const JOURNALLED_BODY = 2048;

/** The journal's record of a request that just arrived. */
export function recordRequest(req: IncomingMessage, sequence: number, at: number): MutableRequest {
  const target = req.url ?? "/";
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const method = req.method ?? "GET";
  const { "content-type": contentType, "notion-version": notionVersion } = req.headers;
  return {
    sequence,
    at,
    endpoint: endpointOf(method, path),
    method,
    path,
    query: mark < 0 ? "" : target.slice(mark + 1),
    status: 0,
    requestId: randomUUID(),
    ...(contentType === undefined ? {} : { contentType }),
    ...(typeof notionVersion === "string" ? { notionVersion } : {}),
  };
}

/** Parses what an endpoint needs, and notes in the record who asks for what. */
export function readCall(req: IncomingMessage, body: Buffer, record: MutableRequest, tokens: TokenLedger): Call {
  const call: Call = {
    headers: req.headers,
    query: new URLSearchParams(record.query),
    body: parseBody(req.headers["content-type"], body),
    basic: parseBasic(req.headers.authorization),
    bearer: parseBearer(req.headers.authorization),
    record,
  };
  if (body.length > 0) record.body = body.toString("utf8", 0, JOURNALLED_BODY);
  const { values } = call.body;
  const clientId = call.basic?.clientId ?? call.query.get("client_id") ?? values.client_id;
  if (typeof clientId === "string") record.clientId = clientId;
  if (typeof values.grant_type === "string") record.grantType = values.grant_type;
  const token = call.bearer ?? values.token ?? values.refresh_token;
  if (typeof token === "string" && token !== "") {
    record.token = token;
    record.tokenHash = hash("sha256", token);
    record.tokenKind = tokens.find(token)?.kind ?? "unknown";
  }
  return call;
}
