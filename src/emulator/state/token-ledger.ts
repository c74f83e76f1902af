import { randomBytes, randomUUID } from "node:crypto";

/** Why a token no longer works. */
export type TokenState = "active" | "revoked" | "rotated" | "expired" | "disconnected" | "killed";

/** What ended a token: the endpoint or call, or the fate of the token it was issued with. */
export type TokenEnd = "revoke" | "pair" | "refresh" | "replay" | "expire" | "user_disconnect";

/** One token the emulator issued, from its issue to its end. */
export interface EmulatedToken {
  readonly value: string;
  readonly kind: "access" | "refresh";
  readonly state: TokenState;
  readonly clientId: string;
  readonly botId: string;
  readonly workspaceId: string;
  readonly userId: string;
  /** ms since the epoch */
  readonly issuedAt: number;
  readonly endedAt?: number;
  readonly endedBy?: TokenEnd;
  /** The same for all tokens that descend from one authorization. */
  readonly family: string;
}

/** Whom tokens are issued to. */
export interface Grant {
  readonly clientId: string;
  readonly botId: string;
  readonly workspaceId: string;
  readonly userId: string;
}

/** A pair as issued; `refresh` is missing where the behaviour says so. */
export interface TokenPair {
  readonly access: EmulatedToken;
  readonly refresh: EmulatedToken | undefined;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry {
  readonly token: Mutable<EmulatedToken>;
  /** The token issued with this one. */
  mate: Entry | undefined;
}

/** Every token the emulator issued, and the only place that ends one. */
export class TokenLedger {
  readonly #entries = new Map<string, Entry>();
  readonly #latest = new Map<string, Entry>();
  readonly #bots = new Map<string, string>();
  readonly #now: () => number;
  readonly #limit: number;
  readonly #changed: (token: EmulatedToken) => void;
  #trimAt: number;

  constructor(options: { now: () => number; limit: number; changed: (token: EmulatedToken) => void }) {
    this.#now = options.now;
    this.#limit = options.limit;
    this.#changed = options.changed;
    this.#trimAt = options.limit;
  }

  /** The bot of a client in a workspace, for a user: the same one however often they authorize. */
  botId(clientId: string, workspaceId: string, userId: string): string {
    const key = `${clientId}\n${workspaceId}\n${userId}`;
    let id = this.#bots.get(key);
    if (id === undefined) {
      id = randomUUID();
      this.#bots.set(key, id);
    }
    return id;
  }

  find(value: string): EmulatedToken | undefined {
    return this.#entries.get(value)?.token;
  }

  all(): EmulatedToken[] {
    return Array.from(this.#entries.values(), ({ token }) => token);
  }

  active(): EmulatedToken[] {
    return this.all().filter(({ state }) => state === "active");
  }

  /** Issues a new pair, in the family of `parent` or in a new one. */
  issue(grant: Grant, options: { refresh: boolean; parent?: EmulatedToken }): TokenPair {
    const family = options.parent?.family ?? randomUUID();
    const issuedAt = this.#now();
    const access = this.#add("access", grant, family, issuedAt);
    const refresh = options.refresh ? this.#add("refresh", grant, family, issuedAt) : undefined;
    if (refresh !== undefined) join(access, refresh);
    this.#latest.set(grant.botId, access);
    this.#changed(access.token);
    if (refresh !== undefined) this.#changed(refresh.token);
    return { access: access.token, refresh: refresh?.token };
  }

  /** Issues an access token beside a refresh token that goes on living. */
  issueAccess(grant: Grant, refresh: EmulatedToken): TokenPair {
    const access = this.#add("access", grant, refresh.family, this.#now());
    const kept = this.#entries.get(refresh.value);
    if (kept !== undefined) join(access, kept);
    this.#latest.set(grant.botId, access);
    this.#changed(access.token);
    return { access: access.token, refresh };
  }

  /** The pair a bot got last, if its access token still works. */
  currentPair(botId: string): TokenPair | undefined {
    const access = this.#latest.get(botId);
    if (access?.token.state !== "active") return undefined;
    return { access: access.token, refresh: access.mate?.token.state === "active" ? access.mate.token : undefined };
  }

  /** Ends a token that is still active; says whether it was. */
  end(value: string, state: Exclude<TokenState, "active">, by: TokenEnd): boolean {
    const entry = this.#entries.get(value);
    return entry !== undefined && this.#end(entry, state, by);
  }

  /** Ends the token that was issued with this one. */
  endMate(value: string, state: Exclude<TokenState, "active">, by: TokenEnd): void {
    const mate = this.#entries.get(value)?.mate;
    if (mate !== undefined) this.#end(mate, state, by);
  }

  /** Ends every active token that matches; returns how many that were. */
  endAll(matches: (token: EmulatedToken) => boolean, state: Exclude<TokenState, "active">, by: TokenEnd): number {
    let ended = 0;
    for (const entry of this.#entries.values()) {
      if (matches(entry.token) && this.#end(entry, state, by)) ended += 1;
    }
    return ended;
  }

  clear(): void {
    this.#entries.clear();
    this.#latest.clear();
    this.#bots.clear();
    this.#trimAt = this.#limit;
  }

  #add(kind: EmulatedToken["kind"], grant: Grant, family: string, issuedAt: number): Entry {
    const value = `${kind === "access" ? "ntn_" : "nrt_"}${randomBytes(23).toString("hex")}`;
    const { clientId, botId, workspaceId, userId } = grant;
    const entry: Entry = {
      token: { value, kind, state: "active", clientId, botId, workspaceId, userId, issuedAt, family },
      mate: undefined,
    };
    this.#entries.set(value, entry);
    if (this.#entries.size > this.#trimAt) this.#trim();
    return entry;
  }

  #end(entry: Entry, state: Exclude<TokenState, "active">, by: TokenEnd): boolean {
    const { token } = entry;
    if (token.state !== "active") return false;
    token.state = state;
    token.endedAt = this.#now();
    token.endedBy = by;
    this.#changed(token);
    return true;
  }

  /** Forgets the oldest dead tokens. Live ones stay however many they are, so the next look is put off accordingly. */
  #trim(): void {
    let surplus = this.#entries.size - Math.floor(this.#limit * 0.75);
    for (const [value, entry] of this.#entries) {
      if (surplus <= 0) break;
      if (entry.token.state === "active") continue;
      this.#entries.delete(value);
      // A chain of mates would keep the forgotten ones in memory.
      if (entry.mate !== undefined) entry.mate.mate = undefined;
      surplus -= 1;
    }
    this.#trimAt = Math.max(this.#limit, Math.ceil(this.#entries.size * 1.25));
  }
}

function join(access: Entry, refresh: Entry): void {
  access.mate = refresh;
  refresh.mate = access;
}
