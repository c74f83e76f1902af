import type { NextFunction, Request, RequestHandler, Response } from "express";
import { RequestRefusedError } from "../../errors.js";
import { lowerAscii } from "../../support/ascii.js";
import { attach } from "../attach.js";
import type { Edge } from "../edge.js";
import { refuseMethod } from "./logout.js";
import { homePath } from "../http/addresses.js";
import { isOwnRequest } from "../http/origin-check.js";
import { readFields } from "../http/read-body.js";
import { queryOf, wantsJson } from "../http/request-facts.js";
import { sendJson, sendRedirect } from "../http/answers.js";
import { fail, refuse } from "../http/fail.js";
import { checkReturnTo } from "../http/return-to.js";

/** `POST` ends the connection named by `botId`, or all, and keeps the session. */
export function disconnectHandler(edge: Edge): RequestHandler {
  return async function notionDisconnect(req: Request, res: Response, next: NextFunction) {
    try {
      if (req.method === "OPTIONS") return next();
      if (req.method !== "POST") return refuseMethod(edge, req, res, next, "POST", "disconnect");
      if (!isOwnRequest(req, edge.core.options))
        return refuse(edge, req, res, next, new RequestRefusedError("cross_site_request"), "disconnect");
      const fields = await readFields(req);
      const botId = parameter(req, fields, "botId");
      const names = [...queryOf(req).keys(), ...Object.keys(fields ?? {})];
      // Half a request must not disconnect more than was meant.
      if (fields === undefined || botId === null || names.some(isMisnamed))
        return refuse(edge, req, res, next, new RequestRefusedError("invalid_request"), "disconnect");
      const notion = await attach(edge, req, res);
      const isThere = botId === undefined || notion.connections.some((connection) => connection.botId === botId);
      const outcome = await notion.disconnect(botId);
      if (res.headersSent) return;
      const returnTo = checkReturnTo(parameter(req, fields, "returnTo"), edge.returnToRules);
      if (wantsJson(req)) sendJson(res, 200, { disconnected: isThere, ...outcome });
      else sendRedirect(res, 303, returnTo ?? homePath(edge, req));
    } catch (error) {
      fail(edge, req, res, next, error);
    }
  };
}

/** What names a connection, but is not called `botId`: taken for no name at all, it would end every connection. */
const MISNAMED = /^(?:bot|workspace|connection|ids?$)/;

function isMisnamed(field: string): boolean {
  return field !== "botId" && MISNAMED.test(lowerAscii(field).replace(/[^a-z]/g, ""));
}

/** A field of the query or the body; undefined when absent, null when it is not one string. */
function parameter(
  req: Request,
  fields: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | undefined | null {
  const inQuery = queryOf(req).getAll(name);
  const values: unknown[] = fields?.[name] === undefined ? inQuery : [...inQuery, fields[name]];
  if (values.length === 0) return undefined;
  const [value] = values;
  return values.length === 1 && typeof value === "string" && value !== "" ? value : null;
}
