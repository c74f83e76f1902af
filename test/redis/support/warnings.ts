import { vi } from "vitest";
import { onTestFinished } from "../../support/on-test-finished.js";

/** Until the test is over, warnings of the process are not shown. @returns what gives their codes and texts */
export function watchWarnings(): () => (readonly [code: unknown, message: unknown])[] {
  const spy = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => spy.mockRestore());
  return () =>
    spy.mock.calls.map(([message, options]) => [(options as { readonly code?: string } | undefined)?.code, message]);
}
