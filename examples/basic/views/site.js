// @ts-check

/** What all pages of this example say about it. */
export const site = { site: "Basic example", code: "examples/basic/" };
