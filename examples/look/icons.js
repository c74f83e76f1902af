// @ts-check
import { Html, html } from "./html.js";

// Drawn with lines of 1.75 in a square of 20. Emoji would be empty boxes on machines without a font for them.
const LINES = {
  arrow: "M4 10h12M11 5l5 5-5 5",
  bolt: "M11 2.5 4.5 11.500H10l-1 6L15.5 8.500H10z",
  check: "M4 10.500l4 4 8-9",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
  cloud: "M6 15.500a3.5 3.5 0 0 1-.3-7A4.5 4.5 0 0 1 14.2 7.500a4 4 0 0 1 .3 8z",
  cross: "M5 5l10 10M15 5 5 15",
  database: "M4 5.500c0-3.3 12-3.3 12 0v9c0 3.3-12 3.3-12 0zM4 5.500c0 3.3 12 3.3 12 0M4 10c0 3.3 12 3.3 12 0",
  device: "M3 4.500h14v9H3zM7.5 16.500h5M10 13.500v3",
  key: "M7 6.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10.5 10H17.500v3M14.5 10v2.5",
  leave: "M8 3.500H4v13h4M8.5 10h8M13 6.500l3.5 3.5-3.5 3.5",
  page: "M5 2.500h6.500L15 6v11.500H5zM11.5 2.500V6H15",
  person: "M10 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 16.500c1-5 11-5 12 0",
  restart: "M15.5 7A6.3 6.3 0 1 0 16.3 11M16 3.500V7.500H12",
  server: "M3.5 4h13v5h-13zM3.5 11h13v5h-13zM6.5 6.500h.010M6.5 13.500h.01",
};

/** A drawing beside words that say the same: not there for people who listen. @param {keyof typeof LINES} name */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="${new Html(LINES[name])}"/></svg>`;
}
