import { UsageError } from "../command.js";
import { printable } from "./text.js";

/** The address of a server as people may see it. @throws UsageError when it is none */
export function withoutPassword(option: string, given: string): string {
  if (!URL.canParse(given)) throw new UsageError(`${option} must be a URL.`);
  const url = new URL(given);
  url.password = "";
  url.search = "";
  return printable(url.href, 500);
}
