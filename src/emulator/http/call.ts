import type { IncomingHttpHeaders } from "node:http";
import type { MutableRequest } from "../journal.js";
import type { ParsedBody } from "./parse-body.js";

/** A request as the endpoints see it: complete, parsed, and journalled as `record`. */
export interface Call {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  readonly body: ParsedBody;
  readonly basic: { readonly clientId: string; readonly clientSecret: string } | undefined;
  readonly bearer: string | undefined;
  readonly record: MutableRequest;
}
