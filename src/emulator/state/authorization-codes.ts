import { randomBytes } from "node:crypto";
import type { Grant } from "./token-ledger.js";

/** An authorization code and what it was issued for. */
export interface AuthorizationCode {
  readonly grant: Grant;
  /** As sent to the authorize page; `undefined` when it was left out there. */
  readonly redirectUri: string | undefined;
  readonly issuedAt: number;
  used: boolean;
}

/** Codes are remembered after their use, so that a replay can be told from a guess. */
export class AuthorizationCodes {
  readonly #codes = new Map<string, AuthorizationCode>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  issue(grant: Grant, redirectUri: string | undefined, issuedAt: number): string {
    const code = `03${randomBytes(20).toString("hex")}`;
    this.#codes.set(code, { grant, redirectUri, issuedAt, used: false });
    if (this.#codes.size > this.#limit) {
      const oldest = this.#codes.keys().next().value;
      if (oldest !== undefined) this.#codes.delete(oldest);
    }
    return code;
  }

  find(code: string): AuthorizationCode | undefined {
    return this.#codes.get(code);
  }

  clear(): void {
    this.#codes.clear();
  }
}
