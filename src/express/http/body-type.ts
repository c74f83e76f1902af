import type { IncomingHttpHeaders } from "node:http";

/** A parameter of a media type: a name, and a token or a quoted string without a semicolon (RFC 9110, section 5.6.6). */
const PARAMETER = /^([!#$%&'*+.^_`|~\w-]+)=(?:"([^"\\]*)"|([!#$%&'*+.^_`|~\w-]+))$/;

const kinds: Readonly<Record<string, "json" | "form">> = {
  "application/json": "json",
  "application/x-www-form-urlencoded": "form",
};

/** Of what type a body is, when it is one that can be read: a form or JSON, in UTF-8. Everything else is undefined, and no empty body. */
export function bodyType({ "content-type": type = "" }: IncomingHttpHeaders): "json" | "form" | undefined {
  const [essence = "", ...parameters] = type.split(";").map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ""));
  const isReadable = parameters.every((parameter) => {
    if (parameter === "") return true;
    const [, name = "", quoted, token] = PARAMETER.exec(parameter) ?? [];
    if (name === "") return false;
    return lower(name) !== "charset" || /^(?:utf-?8|us-ascii)$/i.test(quoted ?? token ?? "");
  });
  return isReadable ? kinds[lower(essence)] : undefined;
}

/** Whether the body comes as it is: nothing is unpacked here. */
export function isPlain({ "content-encoding": content, "transfer-encoding": transfer }: IncomingHttpHeaders): boolean {
  return (
    (content === undefined || lower(content) === "identity") &&
    (transfer === undefined || lower(transfer) === "chunked")
  );
}

/** Names of protocols are ASCII: letters of other scripts that become such ones are none (U+212A is no K). */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
