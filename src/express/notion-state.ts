import type { Request, Response } from "express";
import type { ConnectionEntry } from "../vault/entry.js";
import type { Edge } from "./edge.js";
import type { SessionSnapshot } from "./session/request-session.js";

/** What `req.notion` knows. Kept where nothing that prints it comes: the entries of a memory vault hold tokens. */
export interface NotionState {
  readonly edge: Edge;
  readonly req: Request;
  readonly res: Response;
  /** The live connections, the selected one first. */
  live: readonly ConnectionEntry[];
  /** The session that the request came with, until it is logged out. */
  given: SessionSnapshot | undefined;
  /** Whose connections the session holds or held. */
  readonly accounts: readonly string[];
  /** When `live` was read, on the clock of `performance.now()`. */
  readAt: number;
  /** The app's user whose connections they are; undefined where they are the session's. */
  readonly user: string | undefined;
  /** Access tokens that are newer than what was read, by entry id. */
  refreshed: Map<string, string> | undefined;
}

/** How long what was read at the beginning of a request is believed, in ms. */
const FRESH = 2000;

/** Whether what was read still counts. Not for a stream, a job that goes on after the answer, or a WebSocket: those may be there for long after a logout. */
export function isFresh({ req, res, readAt }: NotionState): boolean {
  return !res.headersSent && req.headers.upgrade === undefined && performance.now() - readAt < FRESH;
}

/** The request goes on with these connections. */
export function adopt(notion: NotionState, live: readonly ConnectionEntry[]): void {
  notion.live = live;
  notion.readAt = performance.now();
}
