import type { IncomingMessage } from "node:http";
import { isLoopbackHost } from "../state/clients.js";

/**
 * Why a request may not use the control API, or `undefined` when it may. Only programs on this machine may: not other
 * hosts, not pages of other origins, and not pages that reach us under a name of their own (DNS rebinding).
 */
export function controlRefusal(req: IncomingMessage): string | undefined {
  const refusal = hostRefusal(req);
  if (refusal !== undefined) return refusal;
  const { host, origin } = req.headers;
  if (origin !== undefined && origin !== `http://${host}`) return "Pages of other origins may not use the control API.";
  const site = req.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") {
    return "Pages of other origins may not use the control API.";
  }
  return undefined;
}

/** Why a request may not even read what the emulator tells of itself: it comes from another host, or under a name that is not of this machine. */
export function hostRefusal(req: IncomingMessage): string | undefined {
  if (!isLoopbackAddress(req.socket.remoteAddress)) return "The control API answers this machine only.";
  const own = `http://${req.headers.host ?? ""}`;
  if (!URL.canParse(own) || !isLoopbackHost(new URL(own).hostname)) return "The Host header is not a loopback name.";
  return undefined;
}

function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && (address === "::1" || /^(::ffff:)?127\./.test(address));
}
