// @ts-check
import { setMaxListeners } from "node:events";

/**
 * Tells a page that is open when there is something new, by server-sent events. Nothing of it goes along: the page loads itself again.
 * @param {import("./journal.js").Journal} journal
 * @param {AbortSignal} stopping ends all that are open
 * @returns {import("express").RequestHandler}
 */
export function changes(journal, stopping) {
  // One for each page that is open.
  setMaxListeners(0, stopping);
  return function sendChanges(req, res) {
    res.type("text/event-stream").flushHeaders();
    const tell = () => void res.write("event: changed\ndata:\n\n");
    const forget = journal.onEntry(tell);
    const end = () => void res.end();
    stopping.addEventListener("abort", end);
    res.on("close", () => {
      forget();
      stopping.removeEventListener("abort", end);
    });
    if (req.query.since !== journal.version) tell();
  };
}
