import type { IncomingHttpHeaders } from "node:http";

/** One call to Notion's API. */
export interface ApiRequest {
  /** Default `POST`. */
  readonly method?: "GET";
  /** Path below the base URL, beginning with a slash. */
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
  /** Bound of the whole exchange, connection to last body byte, in ms. */
  readonly timeout: number;
  /**
   * The body holds a single-use value (a code or refresh token), which must not be sent twice. Such a call gets a
   * connection of its own: on a kept-alive one, a reset by the idling server could not be told from a lost answer.
   */
  readonly singleUse: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As UTF-8. When the status alone decides and the body broke off: what had come of it. */
  readonly body: string;
  /** The same as it came, and what came after it. */
  readonly received: ReceivedBytes;
}

/** The longest body that is believed, in bytes. */
export const BODY_LIMIT = 64 * 1024;

/** What is read of the headers and of the body of a single-use call, in bytes: behind long ones, too, there may be tokens. */
export const READ_LIMIT = 256 * 1024;

/** The bytes of an answer, as they came. */
export interface ReceivedBytes {
  /** The body, or what had come of it. Compressed where the server compressed it unasked. */
  readonly body: Buffer;
  /** The packet that Node's HTTP parser did not accept, headers and framing included, and what came after it. Empty when it accepted all. */
  readonly rest: Buffer;
}
