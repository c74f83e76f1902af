import type { Events } from "../../events.js";
import { count, duration, shortDuration } from "./text.js";

/** What has happened so far in a drain. */
export class Tally {
  #revoked = 0;
  #alreadyInvalid = 0;
  /** Code of the last failure. */
  #failure: string | undefined;
  readonly #start = performance.now();
  /** Undefined before the first look. */
  #left: number | undefined;
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

  get #leftNow(): string {
    return Math.max(0, (this.#left ?? 0) - (this.#done - this.#doneWhenSeen)).toLocaleString("en");
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
    return `${count(this.#done, "revocation")} confirmed${dead} in ${duration(this.#elapsed)}, ${this.#leftNow} left`;
  }

  /** What was done, and what comes next: the most important first, in so many characters. */
  line(room: number): string {
    if (this.#left === undefined) return "Reading what waits.";
    const wait = this.#nextAt === undefined ? 0 : this.#nextAt - performance.now();
    const next = wait >= 1000 ? `, next try in ${duration(wait)}` : "";
    const failure = this.#failure === undefined ? "" : `; last failure: ${this.#failure}`;
    if (room === Number.POSITIVE_INFINITY) return `${this.summary()}${next}${failure}`;
    return whatFits(room, [
      `${this.#leftNow} left`,
      `${this.#done.toLocaleString("en")} done`,
      this.#failure,
      next && `next in ${shortDuration(wait)}`,
      `${shortDuration(this.#elapsed)} so far`,
    ]);
  }
}

/** The parts that there is room for, each whole; the first one always. */
function whatFits(room: number, [line = "", ...others]: readonly (string | undefined)[]): string {
  for (const part of others) if (part && line.length + 2 + part.length <= room) line += `, ${part}`;
  return line;
}
