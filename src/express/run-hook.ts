import { within } from "../support/time-limit.js";
import type { Edge } from "./edge.js";

/** Runs a hook of the app. One that fails or takes longer than `ms` is logged, and the request goes on. */
export async function runHook(edge: Edge, name: string, ms: number, hook: () => unknown): Promise<void> {
  try {
    await within(ms, Promise.resolve(hook()), () => new Error("late"));
  } catch (error) {
    logAppError(edge, `${name} failed`, error);
  }
}

/** Logs an error of the app. It may hold anything: its name is enough to find it. */
export function logAppError({ core }: Edge, message: string, error: unknown): void {
  core.logger.error(message, { error: error instanceof Error ? error.name : typeof error });
}
