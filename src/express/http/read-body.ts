import type { Request } from "express";

/** Longest body that is read, in bytes: a form with two short fields. */
const LIMIT = 8 * 1024;
/** How long to wait for it, in ms. */
const TIMEOUT = 2000;

/**
 * The fields of a small form or JSON body, read by ourselves where the app has no body parser in front of us. A body that is
 * broken, too large, of another type, gone or never ends brings undefined.
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
  const type = req.headers["content-type"] ?? "";
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(type);
  if (!isForm && !/^application\/json\b/i.test(type)) return undefined;
  // Parsers for text and raw bodies leave the parsing to whoever comes.
  const text = wasRead ? String(body) : await readText(req);
  if (text === undefined) return undefined;
  if (isForm) return Object.fromEntries(new URLSearchParams(text));
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const hasFields = typeof value === "object" && value !== null && !Array.isArray(value);
  return hasFields ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function announcesBody(req: Request): boolean {
  return req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
}

function readText(req: Request): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (text: string | undefined) => {
      clearTimeout(timer);
      req.off("data", onData).off("end", onEnd).off("close", onBroken).off("error", onBroken);
      resolve(text);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > LIMIT) finish(undefined);
      else chunks.push(chunk);
    };
    const onEnd = () => finish(Buffer.concat(chunks).toString("utf8"));
    const onBroken = () => finish(undefined);
    const timer = setTimeout(onBroken, TIMEOUT);
    req.on("data", onData).on("end", onEnd).on("close", onBroken).on("error", onBroken);
  });
}
