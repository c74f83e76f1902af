/** A rounded square in the accent colour with a key cut through it. */
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#1f5fbf" fill-rule="evenodd" d="M7 0h18a7 7 0 0 1 7 7v18a7 7 0 0 1-7 7H7a7 7 0 0 1-7-7V7a7 7 0 0 1 7-7ZM16.8 14.5H27.5v6.5h-3v-3.5H22V20h-3v-2.5h-2.2a6 6 0 1 1 0-3ZM11 13.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 1 0 0-4.4Z"/></svg>`;

/** The icon of the emulator's pages, as the address of an image. */
export const FAVICON = `data:image/svg+xml,${encodeURIComponent(SVG)}`;
