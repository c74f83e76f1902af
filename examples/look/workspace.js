// @ts-check
import { html } from "./html.js";

/** @param {import("express-notion-oauth").NotionConnection} connection */
export function workspaceName({ workspaceName: name }) {
  return name || "Untitled workspace";
}

/** Notion gives an address, an emoji or nothing. @param {import("express-notion-oauth").NotionConnection} connection */
export function workspaceIcon(connection) {
  const { workspaceIcon: icon } = connection;
  if (icon && /^https:\/\//.test(icon)) return html`<img class="letter" src="${icon}" alt="" width="44" height="44">`;
  return html`<span class="letter" aria-hidden="true">${[...workspaceName(connection)][0]?.toUpperCase()}</span>`;
}
