import type { IncomingHttpHeaders } from "node:http";
import { lowerAscii, trimBlanks } from "../../support/ascii.js";

/** A parameter of a media type: a name, and a token or a quoted string without a semicolon (RFC 9110, section 5.6.6). */
const PARAMETER = /^([!#$%&'*+.^_`|~\w-]+)=(?:"([^"\\]*)"|([!#$%&'*+.^_`|~\w-]+))$/;

const kinds: Readonly<Record<string, "json" | "form">> = {
  "application/json": "json",
  "application/x-www-form-urlencoded": "form",
};

/** Of what type a body is, when it is one that can be read: a form or JSON, in UTF-8. Everything else is undefined, and no empty body. */
export function bodyType({ "content-type": type = "" }: IncomingHttpHeaders): "json" | "form" | undefined {
  const [essence = "", ...parameters] = type.split(";").map(trimBlanks);
  const isReadable = parameters.every((parameter) => {
    if (parameter === "") return true;
    const [, name = "", quoted, token] = PARAMETER.exec(parameter) ?? [];
    if (name === "") return false;
    return lowerAscii(name) !== "charset" || /^(?:utf-?8|us-ascii)$/i.test(quoted ?? token ?? "");
  });
  return isReadable ? kinds[lowerAscii(essence)] : undefined;
}

/** Whether the body comes as it is: nothing is unpacked here. */
export function isPlain({ "content-encoding": content, "transfer-encoding": transfer }: IncomingHttpHeaders): boolean {
  return (
    (content === undefined || lowerAscii(content) === "identity") &&
    (transfer === undefined || lowerAscii(transfer) === "chunked")
  );
}
