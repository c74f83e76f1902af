import { createNotionEmulator, type NotionEmulator, type NotionEmulatorOptions } from "../../../src/emulator/index.js";
import { onTestFinished } from "../../support/on-test-finished.js";

/** Starts an emulator that is closed when the test ends. */
export async function startEmulator(options: NotionEmulatorOptions = {}): Promise<NotionEmulator> {
  const emulator = createNotionEmulator(options);
  await emulator.start();
  onTestFinished(() => emulator.close());
  return emulator;
}
