import type { Events } from "../../events.js";
import { count, duration } from "./text.js";

/** What has happened so far in a drain. */
export class Tally {
  #revoked = 0;
  #alreadyInvalid = 0;
  /** Code of the last failure. */
  #failure: string | undefined;
  readonly #start = performance.now();
  #left = 0;
  #doneWhenSeen = 0;
  #nextAt: number | undefined;

  constructor(events: Events) {
    events.on("token.revoked", ({ outcome }) => {
      if (outcome === "revoked") this.#revoked += 1;
      else this.#alreadyInvalid += 1;
    });
    events.on("revocation.retried", ({ cause }) => {
      this.#failure = cause;
    });
  }

  get #done(): number {
    return this.#revoked + this.#alreadyInvalid;
  }

  get #elapsed(): number {
    return performance.now() - this.#start;
  }

  saw({ left, nextIn }: { readonly left: number; readonly nextIn: number | undefined }): void {
    this.#left = left;
    this.#doneWhenSeen = this.#done;
    this.#nextAt = nextIn === undefined ? undefined : performance.now() + nextIn;
  }

  /** For programs. */
  numbers() {
    const [revoked, alreadyInvalid, lastFailure] = [this.#revoked, this.#alreadyInvalid, this.#failure];
    const seconds = Math.round(this.#elapsed / 100) / 10;
    return { revoked, alreadyInvalid, seconds, ...(lastFailure !== undefined && { lastFailure }) };
  }

  /** What was done. */
  summary(): string {
    const dead = this.#alreadyInvalid > 0 ? ` (${this.#alreadyInvalid.toLocaleString("en")} dead already)` : "";
    const left = Math.max(0, this.#left - (this.#done - this.#doneWhenSeen));
    return `${count(this.#done, "revocation")} confirmed${dead} in ${duration(this.#elapsed)}, ${left.toLocaleString("en")} left`;
  }

  /** What was done, and what comes next. */
  line(): string {
    const wait = this.#nextAt === undefined ? 0 : this.#nextAt - performance.now();
    const next = wait >= 1000 ? `, next try in ${duration(wait)}` : "";
    return `${this.summary()}${next}${this.#failure === undefined ? "" : `; last failure: ${this.#failure}`}`;
  }
}
