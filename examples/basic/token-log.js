// @ts-check
// Keeps what the page's panel shows: what became of every token. It never holds a token, only a short one-way hash of
// it. In memory and the same for all visitors: this is an example for one person at a desk.
import { createHash } from "node:crypto";

/** @typedef {"received" | "in_session" | "queued" | "revoked" | "replaced" | "failed"} AppState */
/**
 * @typedef {object} LoggedToken
 * @property {string} label
 * @property {string} pair label of the access token it was issued with; its own when it is that token
 * @property {"access" | "refresh" | "both"} kind `both` where Notion cannot be looked into
 * @property {AppState} app what this app knows
 * @property {boolean | undefined} works what Notion knows; undefined when it cannot be looked into
 */
/** @typedef {{ at: number, label?: string, text: string }} LogLine */

/** @typedef {ReturnType<typeof createTokenLog>} TokenLog */

const TOKENS = 100;
const LINES = 100;

/** @type {Readonly<Record<import("express-notion-oauth").EndReason, string>>} */
const ENDS = {
  logged_out: "Logged out",
  disconnected: "Disconnected",
  reconnect: "Notion ended the connection",
  replaced: "Replaced by a new login",
  expired: "The session expired",
  abandoned: "The login came to nothing",
  released: "Kept by the app itself",
};

/** @type {Readonly<Record<string, string>>} */
const CAUSES = {
  notion_unreachable: "Notion cannot be reached",
  notion_timeout: "Notion does not answer",
  notion_unavailable: "Notion is not available",
  notion_rate_limited: "Notion asks to wait",
};

export function createTokenLog() {
  /** @type {Map<string, LoggedToken>} */
  const tokens = new Map();
  /** @type {LogLine[]} newest first */
  const lines = [];
  /** @type {Map<string, string>} connection id to the label of its access token */
  const labels = new Map();

  /**
   * @param {string} text
   * @param {string} [label]
   */
  function note(text, label) {
    lines.unshift({ at: Date.now(), text, ...(label !== undefined && { label }) });
    lines.length = Math.min(lines.length, LINES);
  }

  /** @param {LoggedToken} token */
  function add(token) {
    tokens.set(token.label, token);
    if (tokens.size <= TOKENS) return;
    const settled = [...tokens.values()].find(({ app }) => app === "revoked" || app === "replaced");
    if (settled) tokens.delete(settled.label);
  }

  /**
   * Notes what the app knows about a token and the ones issued with it.
   * @param {string} label
   * @param {AppState} app
   */
  function set(label, app) {
    if (!tokens.has(label)) add({ label, pair: label, kind: "both", app, works: undefined });
    for (const token of tokens.values()) if (token.pair === label) token.app = app;
  }

  return {
    note,

    /** The newest pair first, and in a pair the access token first. */
    get tokens() {
      const all = [...tokens.values()];
      const first = all.filter(({ label, pair }) => label === pair).reverse();
      return first.flatMap(({ label }) => all.filter(({ pair }) => pair === label));
    },

    /** Newest first. @type {readonly LogLine[]} */
    get lines() {
      return lines;
    },

    get isAnyQueued() {
      return [...tokens.values()].some(({ app }) => app === "queued");
    },

    /** Follows the tokens on the app's side. @param {import("express-notion-oauth").NotionOAuth} notion */
    watchApp(notion) {
      notion.on("connection.created", ({ connection, token }) => {
        labels.set(connection, token);
        set(token, "in_session");
        note("Connected", token);
      });
      notion.on("connection.refreshed", ({ connection, token }) => {
        const before = labels.get(connection);
        if (before !== undefined) set(before, "replaced");
        labels.set(connection, token);
        set(token, "in_session");
        note("Refreshed", token);
      });
      notion.on("connection.ended", ({ connection, reason }) => {
        note(ENDS[reason], labels.get(connection));
        labels.delete(connection);
      });
      notion.on("revocation.queued", ({ token, cause = "" }) => {
        set(token, "queued");
        note(`Queued to be revoked: ${CAUSES[cause] ?? "not confirmed yet"}`, token);
      });
      notion.on("token.revoked", ({ token, attempts }) => {
        set(token, "revoked");
        note(attempts > 1 ? `Revoked at attempt ${attempts}` : "Revoked", token);
      });
      notion.on("revocation.failed", ({ token }) => {
        set(token, "failed");
        note("Could not be revoked", token);
      });
      notion.on("login.denied", () => note("Consent was denied"));
      notion.on("login.failed", () => note("A login failed"));
    },

    /** Follows the tokens on Notion's side. @param {import("express-notion-oauth/emulator").NotionEmulator} emulator */
    watchNotion(emulator) {
      /** @type {Map<string, string>} family to the label of the access token that is waiting for its refresh token */
      const latest = new Map();
      emulator.on("token", ({ value, kind, state, family }) => {
        const label = labelOf(value);
        const known = tokens.get(label);
        if (known) {
          known.works = state === "active";
        } else {
          const pair = kind === "access" ? label : (latest.get(family) ?? label);
          add({ label, pair, kind, app: "received", works: true });
          if (kind === "access") latest.set(family, label);
          else latest.delete(family);
        }
      });
    },
  };
}

/**
 * The label of a token in the events of express-notion-oauth.
 * @param {string} token
 */
function labelOf(token) {
  return createHash("sha256").update(token).digest("base64url").slice(0, 12);
}
