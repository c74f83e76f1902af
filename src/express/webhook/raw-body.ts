import type { Request } from "express";
import { OptionError } from "../../errors.js";
import { isPlain } from "../http/body-type.js";
import { announcesBody, readBytes } from "../http/read-body.js";

/** Longest body that is read, in bytes. Notion's events carry ids, no content. */
const LIMIT = 1024 * 1024;
/** How long to wait for it, in ms. */
const TIMEOUT = 5000;

/**
 * The body as it came over the wire: the signature is of these bytes.
 * @returns undefined when it is too large, compressed, broken off or not there in time
 * @throws OptionError when somebody has read it and kept only what was in it
 */
export async function readRawBody(req: Request): Promise<Uint8Array | undefined> {
  const { rawBody, body } = req as { readonly rawBody?: unknown; readonly body?: unknown };
  for (const given of [rawBody, body]) {
    if (given instanceof Uint8Array) return given;
    if (typeof given === "string") return Buffer.from(given);
  }
  if (!announcesBody(req)) return Buffer.alloc(0);
  if (req.readableEnded) throw alreadyParsed();
  if (req.destroyed || !isPlain(req.headers)) return undefined;
  return readBytes(req, { limit: LIMIT, timeout: TIMEOUT }).catch(() => undefined);
}

function alreadyParsed(): OptionError {
  return new OptionError(
    "webhook",
    "notion.webhook() needs the body as it came, and a parser has read it: mount it before express.json(), or let the parser keep the bytes with `express.json({ verify: (req, res, bytes) => { req.rawBody = bytes } })`.",
  );
}
