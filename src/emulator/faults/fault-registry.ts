import type { EmulatedRequest, EmulatorEndpoint } from "../journal.js";
import { optionError } from "../option-error.js";
import { checkFault, type Fault } from "./fault.js";
import { seededRandom } from "./seeded-random.js";

/** Where a fault applies: one endpoint, or `*` for all. */
export type FaultEndpoint = EmulatorEndpoint | "*";

/** A fault that was set. */
export interface FaultHandle {
  readonly id: number;
  readonly endpoint: FaultEndpoint;
  readonly fault: Fault;
  /** Requests it has met. */
  readonly hits: number;
  /** Requests it will still meet. */
  readonly remaining: number;
  /** Removes the fault. */
  clear(): void;
}

interface ActiveFault extends FaultHandle {
  hits: number;
  remaining: number;
  readonly random: () => number;
}

const ENDPOINTS: ReadonlySet<unknown> = new Set<FaultEndpoint>([
  "authorize",
  "token",
  "revoke",
  "introspect",
  "users.me",
  "search",
  "other",
  "*",
]);

/** The faults in force. The one set first applies first: `{times: 2}` and then another make a sequence. */
export class FaultRegistry {
  readonly #faults: ActiveFault[] = [];
  readonly #seed: number;
  #lastId = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(endpoint: FaultEndpoint, fault: Fault): FaultHandle {
    if (!ENDPOINTS.has(endpoint)) throw optionError("endpoint", `must be one of ${[...ENDPOINTS].join(", ")}`);
    const checked = checkFault(fault);
    this.#lastId += 1;
    const id = this.#lastId;
    const active: ActiveFault = {
      id,
      endpoint,
      fault: checked,
      hits: 0,
      remaining: checked.times ?? Number.POSITIVE_INFINITY,
      random: seededRandom(checked.seed ?? this.#seed),
      clear: () => this.remove(id),
    };
    this.#faults.push(active);
    return active;
  }

  /** The fault that meets this request, if any; counts it. */
  take(request: EmulatedRequest): FaultHandle | undefined {
    if (this.#faults.length === 0) return undefined;
    const met = this.#faults.find(
      ({ endpoint, fault, remaining, random }) =>
        remaining > 0 &&
        (endpoint === "*" || endpoint === request.endpoint) &&
        (fault.when === undefined || fault.when(request) === true) &&
        (fault.probability === undefined || random() < fault.probability),
    );
    if (met !== undefined) {
      met.hits += 1;
      met.remaining -= 1;
    }
    return met;
  }

  list(): FaultHandle[] {
    return [...this.#faults];
  }

  remove(id: number): boolean {
    const at = this.#faults.findIndex((fault) => fault.id === id);
    if (at >= 0) this.#faults.splice(at, 1);
    return at >= 0;
  }

  /** Removes the faults set for `endpoint`, or all. */
  clear(endpoint?: FaultEndpoint): void {
    for (const fault of this.list()) if (endpoint === undefined || fault.endpoint === endpoint) this.remove(fault.id);
  }
}
