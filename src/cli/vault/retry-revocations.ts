import { createNotionOAuth } from "../../notion-oauth.js";
import { UsageError } from "../command.js";
import type { OpenPlace } from "./open-place.js";
import { write, writeJson } from "./output.js";
import { readEntries } from "./read-revocations.js";
import { count, printable } from "./text.js";

/** `vault retry`: has revocations tried again. The app's processes, or `vault drain`, do the rest. */
export async function retryRevocations(
  { vault, source, clientId, where }: OpenPlace,
  which: readonly string[] | "all",
  json: boolean,
): Promise<number> {
  const ids = which === "all" ? await allFailed(vault) : [...new Set(which)];
  const wrong = ids.find((id) => !/^[\w-]{1,64}$/.test(id));
  if (wrong !== undefined) throw new UsageError(`${JSON.stringify(printable(wrong, 80))} is not the id of an entry.`);
  // No token is opened and Notion is not asked: so the secret is not needed.
  const notion = createNotionOAuth({ clientId, clientSecret: "not needed", vault: source, logger: {} });
  const retried: string[] = [];
  const missing: string[] = [];
  try {
    for (const id of ids) ((await notion.revocations.retry(id)) ? retried : missing).push(id);
  } finally {
    await notion.close();
  }
  if (json) writeJson({ vault: where, client: clientId, retried, missing });
  else {
    for (const id of missing)
      process.stderr.write(`No revocation ${id} of client ${clientId} waits or failed in ${where}.\n`);
    write(`${count(retried.length, "revocation")} put back, due now.\n`);
  }
  // With --all somebody else may have been faster.
  return missing.length > 0 && which !== "all" ? 1 : 0;
}

async function allFailed(vault: OpenPlace["vault"]): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of readEntries(vault, "failed")) ids.push(id);
  return ids;
}
