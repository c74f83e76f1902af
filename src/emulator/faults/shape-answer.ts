import { type Answer, json } from "../http/answer.js";
import type { Fault } from "./fault.js";
import { gzipBomb } from "./gzip-bomb.js";

const DEFAULT_BOMB = 100 * 1024 * 1024;

/** What `shapeAnswer` builds on. */
export interface AnswerSource {
  /** The endpoint's own answer, if the request had its effect. */
  readonly real: Answer | undefined;
  readonly requestId: string;
  /** Notion's answer with an error status. */
  errorAnswer(status: number): Answer;
}

/** The answer as a fault wants it: the given one, Notion's usual one for the given status, or the real one. */
export function shapeAnswer(fault: Fault, source: AnswerSource): Answer {
  const base = baseAnswer(fault, source);
  const headers: Record<string, string | readonly string[]> = { ...base.headers };
  if (fault.redirect !== undefined) {
    headers.location = typeof fault.redirect === "string" ? fault.redirect : fault.redirect.location;
  }
  if (fault.retryAfter !== undefined) headers["retry-after"] = [fault.retryAfter].flat().map(String);
  for (const [name, value] of Object.entries(fault.headers ?? {})) headers[name.toLowerCase()] = value;
  return { ...base, headers };
}

function baseAnswer(fault: Fault, { real, requestId, errorAnswer }: AnswerSource): Answer {
  const redirectStatus = typeof fault.redirect === "object" ? (fault.redirect.status ?? 302) : 302;
  const status = fault.status ?? (fault.redirect === undefined ? real?.status : redirectStatus) ?? 200;
  if (fault.body !== undefined) return { status, ...given(fault.body) };
  if (fault.bomb !== undefined && fault.bomb !== false) {
    const body = gzipBomb(fault.bomb === true ? DEFAULT_BOMB : fault.bomb);
    return { status, headers: { "content-type": "application/json", "content-encoding": "gzip" }, body };
  }
  if (fault.redirect !== undefined || status === 204 || status === 304) return { status, headers: {}, body: "" };
  if (fault.status !== undefined && status >= 400) return errorAnswer(status);
  if (real !== undefined) return { ...real, status };
  return json(status, { request_id: requestId });
}

function given(body: string | Uint8Array | object): Omit<Answer, "status"> {
  if (body instanceof Uint8Array) return { headers: { "content-type": "application/octet-stream" }, body };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = text.trimStart().startsWith("<") ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
  return { headers: { "content-type": type }, body: text };
}
