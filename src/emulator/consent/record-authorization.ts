import { randomUUID } from "node:crypto";
import type { RequestContext } from "../handle-request.js";
import type { MutableRequest } from "../journal.js";

/** Journals an authorization that was granted without a browser as the form post it stands for. */
export function recordAuthorization(
  { journal, notion, answered }: Pick<RequestContext, "journal" | "notion" | "answered">,
  clientId: string,
  query: URLSearchParams,
): void {
  const record: MutableRequest = {
    sequence: journal.nextSequence(),
    at: notion.now(),
    endpoint: "authorize",
    method: "POST",
    path: "/v1/oauth/authorize",
    query: query.toString(),
    status: 302,
    requestId: randomUUID(),
    clientId,
  };
  journal.add(record);
  answered(record);
}
