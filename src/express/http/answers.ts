import type { Response } from "express";
import { setPrivate } from "./pages.js";

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
