import type { NotionEmulator } from "../../../src/emulator/index.js";
import { type ConnectionData, type ConnectionEntry, isLive } from "../../../src/vault/entry.js";
import { createSealer } from "../../../src/vault/sealing.js";
import { tokenKeeper } from "../../../src/vault/token-keeper.js";
import { tokenHash, tokensOf } from "../../../src/vault/tokens.js";
import type { NewEntry, VaultEntry } from "../../../src/vault/vault.js";
import type { VaultCall } from "./watched-vault.js";

export interface JudgeOptions {
  readonly emulator: NotionEmulator;
  readonly clientId: string;
  readonly secret: string;
  /** Whether a logout ends tokens for everybody who was handed them: `revokeOnLogout`. */
  readonly logoutEndsForAll?: boolean;
  /** Whether a session that ends leaves its tokens to the app: `revokeOnLogout: false`. */
  readonly logoutHandsOver?: boolean;
}

/**
 * Watches what stands in a vault and what is revoked at Notion, and says who broke the promise.
 *
 * An orphan is a token that is alive at Notion, is in no entry, and was not handed to the app on purpose. A token is taken when it was revoked
 * although a live entry held it, its own holder did not end it, and the holder was there to be seen when the revoker looked.
 */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #open: (entry: ConnectionEntry) => string[];
  /** The entries as they stand in the vault at this moment. */
  readonly entries = new Map<string, NewEntry<ConnectionData>>();
  readonly #insertedAt = new Map<string, number>();
  readonly #lookedAt = new Map<string, number>();
  readonly #endedAt = new Map<string, number>();
  readonly #handedOver = new Set<string>();
  /** Entries whose tokens were revoked rightly although they were live. */
  readonly #excused = new Set<string>();
  readonly #taken = new Set<string>();
  readonly #seen = new Set<string>();
  readonly #revokedAt = new Map<string, number>();
  #step = 0;

  constructor(options: JudgeOptions) {
    this.#options = options;
    const keeper = tokenKeeper(createSealer([options.secret], options.clientId), false);
    this.#open = (entry) => (entry.data.tokens === undefined ? [] : tokensOf(keeper.take(entry)));
  }

  /** To be called for each call of the vault, at the moment at which it has happened. @param by who made it */
  happened({ method, entry, id = "", query }: VaultCall, result: unknown, by: string): void {
    this.#step += 1;
    if (query?.key?.startsWith("token:")) this.#lookedAt.set(`${by} ${query.key}`, this.#step);
    if (result !== true) return;
    if (method === "erase") this.entries.delete(id);
    if (entry === undefined) return;
    const next = entry as NewEntry<ConnectionData>;
    const before = this.entries.get(id);
    if (next.state === "ending" && !this.#endedAt.has(id)) this.#endedAt.set(id, this.#step);
    if (method === "insert") this.#insertedAt.set(id, this.#step);
    if (before !== undefined && this.#isHandedOver(next))
      for (const token of this.tokensIn(before)) this.#handedOver.add(token);
    this.entries.set(id, next);
    for (const token of this.tokensIn(next)) {
      this.#seen.add(token);
      if (next.state !== "ended") this.#handedOver.delete(token);
    }
  }

  /** The app keeps these tokens itself, until they come into an entry. */
  isTheApps(...tokens: readonly string[]): void {
    for (const token of tokens) this.#handedOver.add(token);
  }

  /** Whether a write saves the tokens of an answer of Notion. A login may be handed such as stand in an entry already. */
  bringsTokens(method: VaultCall["method"], entry: NewEntry): boolean {
    const tokens = this.tokensIn(entry);
    return tokens.length > 0 && (method === "insert" || tokens.some((token) => !this.#seen.has(token)));
  }

  /** To be called when the package asks Notion to revoke a token, before anybody else can do anything. @param by who asks */
  revoking(token: string, by: string): void {
    this.#revokedAt.set(token, this.#revokedAt.get(token) ?? this.#step);
    // Two logouts of one session may both ask. What is dead already is taken from nobody.
    if (!this.#options.emulator.isActive(token)) return;
    const all = [...this.entries.values()].filter(
      (entry) => entry.state !== "mark" && this.tokensIn(entry).includes(token),
    );
    const dying = all.filter(({ state }) => state === "ending" || state === "failed");
    const deliberate = dying.filter(
      ({ data: { cause } }) =>
        this.#options.logoutEndsForAll !== false && (cause === "logged_out" || cause === "disconnected"),
    );
    const looked = this.#lookedAt.get(`${by} token:${tokenHash(token)}`) ?? 0;
    for (const holder of all.filter(isLive)) {
      const since = this.#insertedAt.get(holder.id) ?? 0;
      // A holder who came after the end has taken the token out of the entry that died.
      const isDeliberate = deliberate.some(({ id }) => since < (this.#endedAt.get(id) ?? 0));
      const wasVisible = dying.length === 0 || since < looked || deliberate.length > 0;
      if (!isDeliberate && wasVisible && holder.state === "held")
        this.#taken.add(`${holder.id} ${token.slice(0, 12)} ${dying.map(({ data }) => data.cause)}`);
      else this.#excused.add(holder.id);
    }
    if (deliberate.length > 0) for (const heir of this.#heirsOf(token)) this.#excused.add(heir.id);
  }

  /** Live entries with a token that came before this one: they are about to be given it by whoever refreshed it. */
  #heirsOf(token: string): NewEntry<ConnectionData>[] {
    const family = new Map(this.#options.emulator.tokens.map((one) => [one.value, one.family]));
    return [...this.entries.values()].filter(
      (entry) =>
        isLive(entry) && this.tokensIn(entry).some((one) => one !== token && family.get(one) === family.get(token)),
    );
  }

  tokensIn(entry: NewEntry): string[] {
    return this.#open({ ...(entry as NewEntry<ConnectionData>), version: 1 });
  }

  /** What has not come to rest: tokens that nobody holds and that have to die. */
  unfinished(): NewEntry<ConnectionData>[] {
    return [...this.entries.values()].filter(({ state }) => state === "arriving" || state === "ending");
  }

  held(): NewEntry<ConnectionData>[] {
    return [...this.entries.values()].filter(({ state }) => state === "held");
  }

  /** Tokens that are alive and in no entry, by the answer in which they came. */
  orphans(): string[] {
    const known = new Set(
      [...this.entries.values()].filter(({ state }) => state !== "mark").flatMap((entry) => this.tokensIn(entry)),
    );
    return this.#options.emulator
      .activeTokens()
      .filter(({ value }) => !known.has(value) && !this.#handedOver.has(value))
      .map(({ family, issuedAt }) => `${family} ${issuedAt}`)
      .filter((pair, index, all) => all.indexOf(pair) === index);
  }

  /** Tokens that were taken from whoever held them. */
  taken(): string[] {
    const ended = new Map(this.#options.emulator.tokens.map((token) => [token.value, token.endedBy]));
    const dead = this.held().flatMap((entry) => {
      if (this.#excused.has(entry.id)) return [];
      // A call that was on its way before the entry was there cannot be unsent.
      const isEarlier = (token: string) =>
        (this.#revokedAt.get(token) ?? Infinity) < (this.#insertedAt.get(entry.id) ?? 0);
      if (this.tokensIn(entry).some(isEarlier)) return [];
      const gone = this.#current(entry).filter((token) => ended.get(token) === "revoke" || ended.get(token) === "pair");
      return gone.map((token) => `${entry.id} ${token.slice(0, 12)} is dead in a live entry`);
    });
    return [...this.#taken, ...dead];
  }

  /** Refresh tokens that were sent although Notion had taken them already. */
  replayed(): string[] {
    const rotated = new Set(
      this.#options.emulator.tokens.filter(({ state }) => state === "rotated").map(({ value }) => value),
    );
    const seen = new Set<string>();
    return this.#options.emulator.requests.flatMap(({ grantType, status, token = "" }) => {
      if (grantType !== "refresh_token" || !rotated.has(token)) return [];
      const isReplay = seen.has(token);
      if (status === 200) seen.add(token);
      return isReplay ? [token.slice(0, 12)] : [];
    });
  }

  #isHandedOver({ state, data: { cause } }: NewEntry<ConnectionData>): boolean {
    if (state !== "ended") return false;
    return cause === "released" || (cause === "logged_out" && this.#options.logoutHandsOver === true);
  }

  /** The access and refresh token of an entry, without those that a refresh has replaced. */
  #current(entry: NewEntry<ConnectionData>): string[] {
    return this.tokensIn(entry)
      .slice(0, 2)
      .filter((token) => !this.#replaced(entry).has(token));
  }

  #replaced(entry: NewEntry<ConnectionData>): Set<string> {
    const rotated = this.#options.emulator.tokens.filter(({ state }) => state === "rotated").map(({ value }) => value);
    return new Set(rotated.filter((token) => this.tokensIn(entry).includes(token)));
  }
}

/** All entries of a vault that somebody else writes to, for a judge of another process. */
export function asSeen(entries: readonly VaultEntry[], judge: Judge): void {
  judge.entries.clear();
  for (const entry of entries) judge.entries.set(entry.id, entry as VaultEntry<ConnectionData>);
}
