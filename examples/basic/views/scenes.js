// @ts-check
// What is to be done next, in each state.
import { html } from "../../look/html.js";
import { icon } from "../../look/icons.js";
import { post, time } from "../../look/layout.js";
import { isWaiting } from "../lives.js";

/** @typedef {import("../lives.js").Life} Life */
/** @typedef {{ step: number, title: string, text: unknown, actions?: unknown, hint?: unknown }} Scene */
/**
 * @typedef {object} State
 * @property {boolean} isConnected
 * @property {Life | undefined} life the newest
 * @property {boolean | undefined} isDown undefined: it is the real Notion, which cannot be taken down
 */

const EMULATED = ["Connect", "Take Notion down", "Log out", "Stop and start the server", "Bring Notion up"];
const REAL = ["Connect", "Log out"];

/** @param {boolean | undefined} isDown */
export function stepNames(isDown) {
  return isDown === undefined ? REAL : EMULATED;
}

const connect = (/** @type {string} */ text) =>
  html`<a class="button main" href="/login" data-key="connect">${icon("key")}${text}</a>`;
const outage = (/** @type {"up" | "down"} */ notion, tone = "") =>
  post("/outage", html`${icon("cloud")}${notion === "up" ? "Bring Notion up" : "Take Notion down"}`, {
    fields: { notion },
    stays: true,
    tone,
  });
const logOut = () => post("/logout", html`${icon("leave")}Log out`, { tone: "main" });
const restart = () =>
  post("/restart", html`${icon("restart")}Stop and start the server`, { tone: "main", stays: true });

/** Whether the button for logging out is among the steps. @param {State} state */
export function leadsToLogout({ isConnected, isDown }) {
  return isConnected && isDown !== false;
}

/** @param {State} state @returns {Scene} */
export function sceneOf(state) {
  const { isConnected, life, isDown } = state;
  const isOver = life?.reason === "reconnect";
  if (isConnected) return isDown === undefined ? REAL_CONNECTED : isDown ? LOG_OUT : TAKE_DOWN;
  if (life && isWaiting(life) && !isOver) return waiting(life, isDown);
  if (isDown) return DOWN;
  if (isOver) return OVER;
  if (life?.deadAt) return dead(life, isDown);
  return isDown === undefined ? REAL_START : START;
}

const READS =
  "This app lists the titles of your pages. When you log out, its tokens are revoked: dead at Notion, and not just forgotten here.";

/** @type {Scene} */
const START = {
  step: 0,
  title: "Connect your Notion workspace",
  text: `${READS} Notion is emulated on this machine, so you need no account.`,
  actions: connect("Connect to Notion"),
};

/** @type {Scene} */
const REAL_START = { ...START, text: READS };

/** @type {Scene} */
const TAKE_DOWN = {
  step: 1,
  title: "Take Notion down",
  text: "You are connected, and your session holds the token. Now let Notion have an outage, just before you log out.",
  actions: outage("down", "main"),
};

/** @type {Scene} */
const LOG_OUT = {
  step: 2,
  title: "Log out while Notion is down",
  text: "Nobody can tell Notion now that the token has to die. Log out all the same: you will not have to wait.",
  actions: html`${logOut()}${outage("up")}`,
};

/** @type {Scene} */
const REAL_CONNECTED = {
  step: 1,
  title: "You are connected",
  text: "Your session holds the token. Log out, and see what becomes of it.",
  actions: logOut(),
};

/** @type {Scene} */
const DOWN = {
  step: 0,
  title: "Notion is down",
  text: "Connecting has to wait until it is up again.",
  actions: outage("up", "main"),
};

/** @type {Scene} */
const OVER = {
  step: 0,
  title: "Notion has ended the connection",
  text: "Somebody took this app's access away inside Notion. Connect again to go on.",
  actions: connect("Connect to Notion"),
};

/** @param {Life} life @param {boolean | undefined} isDown @returns {Scene} */
function waiting({ reason, restarts }, isDown) {
  if (!isDown) {
    return {
      step: isDown === undefined ? REAL.length : 4,
      title: "The server tells Notion again",
      text: "It tries by itself, and again until Notion confirms. This page follows.",
    };
  }
  const restarted = restarts.findLast(({ startedAt }) => startedAt !== undefined);
  if (restarted) {
    return {
      step: 4,
      title: "The token is still there",
      text: `Process ${restarted.pid} has found it in SQLite, where the one before left it. Now let Notion come back.`,
      actions: outage("up", "main"),
    };
  }
  return {
    step: 3,
    title:
      reason === "disconnected"
        ? "You are disconnected, and the token waits"
        : "You are logged out, and the token waits",
    text: "It still works at Notion, so the server keeps it, sealed, until Notion has confirmed that it is dead. What if the server stops meanwhile?",
    actions: html`${restart()}${outage("up")}`,
    hint: html`Or the hard way, in a terminal: <code>kill -9 ${process.pid}</code>`,
  };
}

/** @param {Life} life @param {boolean | undefined} isDown @returns {Scene} */
function dead({ deadAt = 0, queuedAt }, isDown) {
  const hasWaited = queuedAt !== undefined;
  const isTold = isDown === undefined || hasWaited;
  return {
    step: isTold ? stepNames(isDown).length : 0,
    title: "The token is dead",
    text: hasWaited
      ? html`Notion confirmed it at ${time(deadAt)}, and nobody had to be there for it.`
      : html`Notion confirmed it at ${time(deadAt)}, at once. ${!isTold && "Connect again, and take Notion down before you log out."}`,
    actions: connect("Connect again"),
  };
}
