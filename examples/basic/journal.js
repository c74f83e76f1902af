// @ts-check
// What happened to every token, one JSON line each: from the events of express-notion-oauth, in a file that outlives the process. There is no
// token in it, only their labels, which are short one-way hashes. The same for all visitors: this is an example for one person at a desk.
import { EventEmitter } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";

/**
 * @typedef {{ type: "server", isUp: boolean, pid: number }
 *   | { type: "notion", isUp: boolean }
 *   | { type: "issued" | "refreshed", connection: string, token: string }
 *   | { type: "ended", connection: string, reason: import("express-notion-oauth").EndReason }
 *   | { type: "queued", token: string }
 *   | { type: "revoked", token: string }
 *   | { type: "failed", token: string }} Happening
 */
/** @typedef {Happening & { at: number }} JournalEntry */
/** @typedef {ReturnType<typeof openJournal>} Journal */

/** @param {string} file */
export function openJournal(file) {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
  const entries = lines.map((line) => /** @type {JournalEntry} */ (JSON.parse(line)));
  const emitter = new EventEmitter().setMaxListeners(0);

  /** @param {Happening} happening */
  function write(happening) {
    const entry = { at: Date.now(), ...happening };
    entries.push(entry);
    appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    emitter.emit("entry");
  }

  return {
    write,

    /** Oldest first. @type {readonly JournalEntry[]} */
    entries,

    /** Another one with every entry, also after a restart. */
    get version() {
      return String(entries.length);
    },

    /** @param {() => void} listener @returns a function that ends it */
    onEntry(listener) {
      emitter.on("entry", listener);
      return () => void emitter.off("entry", listener);
    },

    /** @param {import("express-notion-oauth").NotionOAuth} notion */
    follow(notion) {
      notion.on("connection.created", ({ connection, token }) => write({ type: "issued", connection, token }));
      notion.on("connection.refreshed", ({ connection, token }) => write({ type: "refreshed", connection, token }));
      notion.on("connection.ended", ({ connection, reason }) => write({ type: "ended", connection, reason }));
      notion.on("revocation.queued", ({ token }) => write({ type: "queued", token }));
      notion.on("token.revoked", ({ token }) => write({ type: "revoked", token }));
      notion.on("revocation.failed", ({ token }) => write({ type: "failed", token }));
    },
  };
}
