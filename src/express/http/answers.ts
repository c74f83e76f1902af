import type { Response } from "express";

/** Whether there is an answer to write to: Socket.IO has none for a handshake, and passes an empty object. */
export function isAnswerable(res: Response): boolean {
  return typeof (res as Partial<Response>).setHeader === "function";
}

/** What every answer of the package carries: it is about a session and belongs in no cache and no referrer. */
export function setPrivate(res: Response): void {
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Referrer-Policy", "no-referrer");
}

export function sendJson(res: Response, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  setPrivate(res);
  res.statusCode = status;
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(json));
  res.end(json);
}

/** Redirects with GET (RFC 9110, section 15.4.4). The target was checked before. */
export function sendRedirect(res: Response, status: 302 | 303, target: string): void {
  setPrivate(res);
  res.statusCode = status;
  res.setHeader("Location", target);
  res.setHeader("Content-Length", 0);
  res.end();
}
