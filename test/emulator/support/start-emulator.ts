import { onTestFinished } from "vitest";
import { createNotionEmulator, type NotionEmulator, type NotionEmulatorOptions } from "../../../src/emulator/index.js";

/** Starts an emulator that is closed when the test ends. */
export async function startEmulator(options: NotionEmulatorOptions = {}): Promise<NotionEmulator> {
  const emulator = createNotionEmulator(options);
  await emulator.start();
  onTestFinished(() => emulator.close());
  return emulator;
}
