import type { Edge } from "./edge.js";

const edges = new WeakMap<object, Edge>();

/** Lets the package's other entry points (Passport) reach what is inside a `createNotionOAuth()`, and nobody else. */
export function shareEdge(notion: object, edge: Edge): void {
  edges.set(notion, edge);
}

export function edgeOf(notion: object): Edge | undefined {
  return edges.get(notion);
}
