import { type Finding, findingsOf } from "../finding.js";
import type { SessionOptions } from "./session-options.js";

const { ok, warning } = findingsOf("session-cookie");

/** Where the sessions are: what they are lost with. */
export function checkStore({ store }: SessionOptions): Finding[] {
  const name = (store as { readonly constructor?: { readonly name?: unknown } } | null | undefined)?.constructor?.name;
  if (store !== undefined && store !== null && name !== "MemoryStore")
    return [
      ok(`The sessions are kept in ${typeof name === "string" && name !== "Object" ? name : "a store of the app"}.`),
    ];
  return [
    warning(
      "The sessions are in express-session's MemoryStore: a restart logs everybody out, other processes do not see them, and their tokens live on until the sessions would have expired.",
      "For production, pass a `store` that survives a restart.",
    ),
  ];
}

/** When express-session writes. */
export function checkWrites({ resave, saveUninitialized }: SessionOptions): Finding[] {
  const findings: Finding[] = [];
  if (resave !== false)
    findings.push(
      warning(
        `\`resave\` is ${resave === undefined ? "not set, which means true" : "not false"}: every request writes its copy of the whole session, over what others have written meanwhile.`,
        "Set `resave: false`.",
      ),
    );
  if (saveUninitialized !== false)
    findings.push(
      warning(
        `\`saveUninitialized\` is ${saveUninitialized === undefined ? "not set, which means true" : "not false"}: every visitor gets a cookie and a session in the store, before anybody logs in.`,
        "Set `saveUninitialized: false`.",
      ),
    );
  return findings;
}
