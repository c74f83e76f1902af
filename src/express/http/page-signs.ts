/** What a page is about, as paths of 24 by 24 that are drawn as lines. */
export const pageSigns = {
  /** A door, and the way out. */
  leave: "M14 4H6v16h8M10 12h10m-4-4 4 4-4 4",
  /** A person. */
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.4 3.7-5 7.5-5s6.7 1.6 7.5 5",
  /** Two ends that are not joined. */
  apart: "M9 7H7a5 5 0 0 0 0 10h2M15 7h2a5 5 0 0 1 0 10h-2M12 3v3M12 18v3",
  /** A shield. */
  shield: "M12 3l7 3v5c0 4.5-2.8 8-7 10-4.2-2-7-5.5-7-10V6l7-3ZM9.5 9.5l5 5m0-5-5 5",
  /** A page with a question. */
  page: "M6 3h8l4 4v14H6V3ZM14 3v4h4M10 11a2 2 0 1 1 2.6 1.9c-.4.2-.6.5-.6 1.1M12 17h.01",
  /** A cloud, struck through. */
  cloud: "M7 18a4 4 0 0 1-.5-7.96 6 6 0 0 1 11.4 1.5A3.3 3.3 0 0 1 17.5 18H7ZM4 4l16 16",
  /** A warning. */
  warning: "M12 4 3 20h18L12 4ZM12 10v5M12 17.5h.01",
} as const;

export type PageSign = keyof typeof pageSigns;
