/**
 * What may be told about an error of a driver: its name, code and message. Drivers attach the whole command, the row or
 * the connection's options to their errors; none of that leaves this folder.
 */
export function faultOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error("The backend failed.");
  const code =
    "code" in error && (typeof error.code === "string" || typeof error.code === "number") ? error.code : undefined;
  const fault = new Error((error.message || String(code ?? "The backend failed.")).slice(0, 300));
  fault.name = error.name;
  return code === undefined ? fault : Object.assign(fault, { code });
}

/** BullMQ's numbers for what it did not do (its `ErrorCode`): the job is gone, or somebody else's. */
const NOT_OURS = new Set<unknown>([
  -1, // no such job
  -2, // no lock
  -3, // not in the state the command is for
  -6, // another lock
]);

/** Whether BullMQ refused a command because the job is gone, has moved on, or is held by somebody else. */
export function isNotOurs(error: unknown): boolean {
  return error instanceof Error && "code" in error && NOT_OURS.has(error.code);
}

/** Resolves also when BullMQ refused the command because the job is gone or held by somebody else. */
export async function unlessGone(command: Promise<unknown>): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (!isNotOurs(error)) throw error;
  }
}
