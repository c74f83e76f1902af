import type { LoginHosts } from "../../errors.js";
import { BoundedMap } from "../../support/bounded-map.js";
import { tokenHash } from "../../vault/tokens.js";

/** How many are remembered: only those whose cookie will not come back, and they are told of once. */
const LIMIT = 200;

/**
 * Logins that were started at another host than the redirect URI's: the browser keeps their cookie for that host (`127.0.0.1`), and comes back to the
 * other (`localhost`) without it.
 */
export class StrayLogins {
  readonly #startedAt = new BoundedMap<string>(LIMIT);
  readonly #redirectUri: URL | undefined;

  constructor(redirectUri: string | undefined) {
    this.#redirectUri = redirectUri === undefined ? undefined : new URL(redirectUri);
  }

  /** @param host the `Host` header of the request that starts a login */
  add(state: string, host: string | undefined): void {
    const address = `http://${host}`;
    if (this.#redirectUri === undefined || host === undefined || !URL.canParse(address)) return;
    const given = new URL(address);
    // Cookies do not care for ports.
    if (given.hostname !== this.#redirectUri.hostname) this.#startedAt.set(tokenHash(state), given.host);
  }

  /** Both hosts, when this login was such a one. */
  take(state: string): LoginHosts | undefined {
    const startedAt = this.#startedAt.get(tokenHash(state));
    if (startedAt === undefined || this.#redirectUri === undefined) return undefined;
    this.#startedAt.delete(tokenHash(state));
    return { startedAt, redirectUri: this.#redirectUri.host };
  }
}
