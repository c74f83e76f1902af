import type { Request } from "express";
import { afterReading } from "../../support/time-limit.js";
import { bodyType, isPlain } from "./body-type.js";

/** Longest body that is read, in bytes: a form with two short fields. */
const LIMIT = 8 * 1024;
/** How long to wait for it, in ms. */
const TIMEOUT = 2000;

/**
 * The fields of a small form or JSON body, read by ourselves where the app has no body parser in front of us. A body that is
 * broken, compressed, too large, of another type or charset, gone or never ends brings undefined.
 */
export async function readFields(req: Request): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { body } = req as { body?: unknown };
  const isUnread = !req.readableEnded && !req.destroyed && announcesBody(req);
  // The parsers of Express 4 leave an empty object also where they read nothing, because the body is of another type.
  const wasRead = typeof body === "string" || Buffer.isBuffer(body);
  if (typeof body === "object" && body !== null && !wasRead && !(isUnread && Object.keys(body).length === 0))
    return fieldsOf(body);
  // What somebody has read and kept to himself cannot be told any more.
  if (!isUnread && !wasRead) return announcesBody(req) ? undefined : {};
  const type = bodyType(req.headers);
  if (type === undefined || !(wasRead || isPlain(req.headers))) return undefined;
  try {
    // Parsers for text and raw bodies unpack them, and leave the parsing to whoever comes.
    const given = wasRead ? body : await readBytes(req, { limit: LIMIT, timeout: TIMEOUT });
    const text = typeof given === "string" ? given : utf8.decode(given);
    return type === "form" ? formFields(text) : fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A field that comes more than once is a list, as the parsers of apps have it. */
function formFields(text: string): Readonly<Record<string, unknown>> {
  const fields = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(fields.keys())].map((name) => {
      const values = fields.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const hasFields = typeof value === "object" && value !== null && !Array.isArray(value);
  return hasFields ? (value as Readonly<Record<string, unknown>>) : undefined;
}

export function announcesBody(req: Request): boolean {
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
}

/** Rejects when the body is larger than `limit` bytes, broken off, or not there within `timeout` ms. */
export function readBytes(
  req: Request,
  { limit, timeout }: { readonly limit: number; readonly timeout: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = () => {
      stopTimer();
      req.off("data", onData).off("end", onEnd).off("close", onBroken).off("error", onBroken);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) onBroken();
      else chunks.push(chunk);
    };
    const onEnd = () => {
      stop();
      resolve(Buffer.concat(chunks));
    };
    const onBroken = () => {
      stop();
      reject(new Error("the body cannot be read"));
    };
    const stopTimer = afterReading(timeout, onBroken, () => req.socket?.bytesRead ?? 0);
    req.on("data", onData).on("end", onEnd).on("close", onBroken).on("error", onBroken);
  });
}
