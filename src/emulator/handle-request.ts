import type { IncomingMessage, ServerResponse } from "node:http";
import { authorize } from "./endpoints/authorize.js";
import { introspect } from "./endpoints/introspect.js";
import { revoke } from "./endpoints/revoke.js";
import { search } from "./endpoints/search.js";
import { token } from "./endpoints/token.js";
import { usersMe } from "./endpoints/users-me.js";
import type { FaultRegistry } from "./faults/fault-registry.js";
import { playFault } from "./faults/play-fault.js";
import type { Answer } from "./http/answer.js";
import { apiError } from "./http/api-error.js";
import type { Call } from "./http/call.js";
import { errorAnswer } from "./http/error-answer.js";
import { readBody } from "./http/read-body.js";
import { readCall, recordRequest } from "./http/read-call.js";
import { writeAnswer } from "./http/write-answer.js";
import type { EmulatedRequest, EmulatorEndpoint, Journal } from "./journal.js";
import type { EmulatedNotion } from "./state/emulated-notion.js";

/** Bytes of a request body that are read before 413. */
const BODY_LIMIT = 512 * 1024;

/** Everything one request can touch. */
export interface RequestContext {
  readonly notion: EmulatedNotion;
  readonly journal: Journal;
  readonly faults: FaultRegistry;
  /** Undefined while up. */
  outage(): { readonly status?: number } | undefined;
  wait(ms: number): Promise<boolean>;
  answered(request: EmulatedRequest): void;
}

const ENDPOINTS: Readonly<Record<EmulatorEndpoint, (notion: EmulatedNotion, call: Call) => Answer>> = {
  authorize,
  token,
  revoke,
  introspect,
  "users.me": usersMe,
  search,
  other: (_, call) => apiError(call, 404, "invalid_request_url", "Invalid request URL."),
};

/** Serves one request of the emulated API: journal, outage, body, fault or endpoint. */
export async function handleRequest(context: RequestContext, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { notion, journal, faults } = context;
  const record = recordRequest(req, journal.nextSequence(), notion.now());
  journal.add(record);
  res.once("close", () => context.answered(record));

  const outage = context.outage();
  if (outage !== undefined) {
    record.outage = true;
    if (outage.status === undefined) {
      req.socket.resetAndDestroy();
      return;
    }
  }
  const body = await readBody(req, BODY_LIMIT);
  if (body === "aborted") return;
  const call = readCall(req, body === "too_large" ? Buffer.alloc(0) : body, record, notion.tokens);
  const send = (answer: Answer): void => {
    record.status = answer.status;
    writeAnswer(res, answer, record.requestId);
  };
  if (body === "too_large") {
    // What is left of the body is not read, so the connection cannot be used again.
    res.setHeader("connection", "close");
    send(apiError(call, 413, "validation_error", "Request body is too large."));
    return;
  }
  if (outage?.status !== undefined) {
    send(errorAnswer(notion.behaviour, call, outage.status));
    return;
  }
  const met = faults.take(record);
  if (met === undefined) {
    send(ENDPOINTS[record.endpoint](notion, call));
    return;
  }
  record.fault = met.id;
  await playFault({
    fault: met.fault,
    res,
    record,
    perform: () => ENDPOINTS[record.endpoint](notion, call),
    errorAnswer: (status) => errorAnswer(notion.behaviour, call, status),
    wait: (ms) => context.wait(ms),
  });
}
