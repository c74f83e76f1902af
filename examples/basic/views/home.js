// @ts-check
import { html } from "../../look/html.js";
import { layout } from "../../look/layout.js";
import { livesOf } from "../lives.js";
import { lifeCard } from "./life.js";
import { leadsToLogout, sceneOf } from "./scenes.js";
import { earlierCard, sides } from "./sides.js";
import { site } from "./site.js";
import { steps } from "./steps.js";
import { sessionCard, workspaceCards } from "./workspace.js";

/**
 * @param {object} state
 * @param {import("express-notion-oauth").NotionConnection | undefined} state.connection
 * @param {import("./workspace.js").Pages | undefined} state.pages
 * @param {number | undefined} state.since when the session began
 * @param {import("../journal.js").Journal} state.journal
 * @param {import("../emulated-notion.js").InsideNotion | undefined} state.inside the emulated Notion
 */
export function homePage({ connection, pages, since, journal, inside }) {
  const lives = livesOf(journal.entries);
  const [life, ...earlier] = lives;
  const isConnected = connection !== undefined && pages?.problem !== "reconnect";
  const state = { isConnected, life, isDown: inside?.isDown };
  const isEmulated = inside !== undefined;
  const scene = sceneOf(state);
  return layout({
    ...site,
    title: scene.title,
    version: journal.version,
    main: html`${steps(state, scene, sides(lives, inside))}
${lifeCard(life, inside)}
${isConnected && workspaceCards({ connection, pages, isEmulated, hasLogout: !leadsToLogout(state) })}
${!isConnected && since !== undefined && sessionCard(since)}
${earlier.length > 0 && earlierCard(earlier)}`,
  });
}
