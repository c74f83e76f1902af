import { OptionError } from "../../errors.js";
import { UsageError } from "../command.js";

/**
 * Loads what an engine works with, before its vault is asked: there, the sentence for apps would speak of what they may pass to it.
 * @param install what to type where it is missing
 * @throws UsageError
 */
export async function needDriver<T>(load: () => Promise<T>, needs: string, install: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    if (error.cause === undefined)
      throw new UsageError(`${needs}, and none is installed here: run \`${install}\` in the directory of the app.`);
    throw new UsageError(
      `${needs}. One is installed and cannot be loaded by Node ${process.version}: run \`${install}\` again.`,
    );
  }
}
