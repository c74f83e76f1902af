/** The emulated endpoints; `other` is every path that is none of them. */
export type EmulatorEndpoint = "authorize" | "token" | "revoke" | "introspect" | "users.me" | "search" | "other";

/** One request, journalled when it arrives and completed when it is answered. */
export interface EmulatedRequest {
  /** 1 for the first request since the start or the last reset. */
  readonly sequence: number;
  /** ms since the epoch, by the emulator's clock */
  readonly at: number;
  readonly endpoint: EmulatorEndpoint;
  readonly method: string;
  readonly path: string;
  /** The query without its question mark. */
  readonly query: string;
  /** Status of the answer; 0 while there is none, or when the connection ended without one. */
  readonly status: number;
  readonly requestId: string;
  readonly contentType?: string;
  readonly notionVersion?: string;
  /** Client id as sent, whether or not the secret was right. */
  readonly clientId?: string;
  readonly grantType?: string;
  /** The token the request is about: revoked, introspected, refreshed with, or sent as bearer. */
  readonly token?: string;
  /** SHA-256 of `token`, in hex. */
  readonly tokenHash?: string;
  readonly tokenKind?: "access" | "refresh" | "unknown";
  /** The first 2048 bytes of the body. */
  readonly body?: string;
  /** Id of the fault that shaped the answer. */
  readonly fault?: number;
  /** The emulator was down. */
  readonly outage?: boolean;
}

/** The journal's own view of a request. */
export type MutableRequest = { -readonly [Key in keyof EmulatedRequest]: EmulatedRequest[Key] };

/** Requests in the order they arrived. Holds at most `limit`: the oldest quarter goes when it is full. */
export class Journal {
  readonly requests: MutableRequest[] = [];
  readonly #limit: number;
  readonly #totals = new Map<EmulatorEndpoint, number>();
  #sequence = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  add(request: MutableRequest): void {
    if (this.requests.length >= this.#limit) this.requests.splice(0, Math.ceil(this.#limit / 4));
    this.requests.push(request);
    this.#totals.set(request.endpoint, (this.#totals.get(request.endpoint) ?? 0) + 1);
  }

  /** All requests ever made to an endpoint, or those still in the journal that pass the filter. */
  count(endpoint: EmulatorEndpoint | "*", filter?: (request: EmulatedRequest) => boolean): number {
    if (filter === undefined) {
      if (endpoint !== "*") return this.#totals.get(endpoint) ?? 0;
      return [...this.#totals.values()].reduce((sum, total) => sum + total, 0);
    }
    let count = 0;
    for (const request of this.requests) {
      if ((endpoint === "*" || request.endpoint === endpoint) && filter(request)) count += 1;
    }
    return count;
  }

  clear(): void {
    this.requests.length = 0;
    this.#totals.clear();
    this.#sequence = 0;
  }
}
