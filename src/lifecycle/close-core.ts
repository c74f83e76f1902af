import type { Core } from "./core.js";

/** Takes no more jobs; finishes within `timeout` ms what runs, logins and refreshes included, or gives it back. */
export async function closeCore({ revocations, underway, client }: Core, timeout: number): Promise<void> {
  await revocations.close(timeout, underway.over());
  client.close();
}
