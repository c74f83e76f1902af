import type { QueueProblem } from "../revocation/queue.js";
import { faultOf } from "./fault.js";

/** How often faults of the backend are reported, in ms. A driver that reconnects emits several a second. */
const FAULT_INTERVAL = 10_000;

/** Passes problems on. Nothing is kept while nobody listens. */
export interface ProblemReporter {
  listen(report: (problem: QueueProblem) => void): void;
  unreadable(job: string): void;
  /** At most one report in ten seconds. */
  fault(error: unknown): void;
}

export function problemReporter(now: () => number = Date.now): ProblemReporter {
  let listener: ((problem: QueueProblem) => void) | undefined;
  let quietUntil = 0;

  function report(problem: QueueProblem): void {
    try {
      listener?.(problem);
    } catch {
      // Called from drivers' events: a throwing listener must not end the process.
    }
  }

  return {
    listen(report) {
      listener = report;
    },
    unreadable(job) {
      report({ code: "unreadable_job", job: job.slice(0, 100) });
    },
    fault(error) {
      if (listener === undefined || now() < quietUntil) return;
      quietUntil = now() + FAULT_INTERVAL;
      report({ code: "backend_error", cause: faultOf(error) });
    },
  };
}
