import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Answer } from "./answer.js";

/** The headers of an answer as Node takes them. */
export function answerHeaders(answer: Answer, requestId: string): OutgoingHttpHeaders {
  return { "x-notion-request-id": requestId, ...(answer.headers as OutgoingHttpHeaders) };
}

/** Writes a whole answer. */
export function writeAnswer(res: ServerResponse, answer: Answer, requestId: string): void {
  const headers = answerHeaders(answer, requestId);
  if (answer.status !== 204 && answer.status !== 304) headers["content-length"] = Buffer.byteLength(answer.body);
  res.writeHead(answer.status, headers);
  res.end(answer.body);
}
