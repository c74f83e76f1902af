import { NotionApiError } from "../errors.js";
import type { ReceivedBytes } from "./message.js";

/**
 * How a single-use call fails. An answer that broke off or that is no HTTP may have brought tokens, so what came of it is
 * kept: in no property, and only until `requestTokens` has looked through it. It never leaves this folder.
 */
export class BrokenAnswer extends NotionApiError {
  readonly #received: ReceivedBytes;

  constructor(error: NotionApiError, received: ReceivedBytes) {
    super(error.code, error.endpoint, error);
    this.#received = received;
  }

  received(): ReceivedBytes {
    return this.#received;
  }

  /** The same without what came. */
  plain(): NotionApiError {
    return new NotionApiError(this.code, this.endpoint, this);
  }
}

/** What Node's HTTP parser stopped at. https://nodejs.org/api/http.html#event-clienterror */
export function rawPacketOf(cause: unknown): Buffer {
  const packet = (cause as { rawPacket?: unknown } | undefined)?.rawPacket;
  return Buffer.isBuffer(packet) ? packet : Buffer.alloc(0);
}

/** Node's errors can carry what was received (`rawPacket`) or sent: only the name or code goes on, and the host that was asked. */
export function withoutDetails(cause: unknown, host: unknown): Error | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as NodeJS.ErrnoException;
  const clean = new Error(`${code ?? cause.name}: the request was for ${host}`);
  return code === undefined ? clean : Object.assign(clean, { code });
}
