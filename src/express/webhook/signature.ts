import { createHmac, timingSafeEqual } from "node:crypto";

/** As `verifyWebhookSignature` of Notion's SDK has it: the prefix as it is, the digits in either case, and nothing around them. */
const SIGNATURE = /^sha256=([0-9a-fA-F]{64})$/;

/**
 * Whether the header `X-Notion-Signature` was made of this body with one of the tokens. Compares in constant time, and with all of them.
 * @see https://developers.notion.com/reference/webhooks
 */
export function isSigned(body: Uint8Array, header: unknown, tokens: readonly string[]): boolean {
  const [, digits] = (typeof header === "string" && SIGNATURE.exec(header)) || [];
  if (digits === undefined) return false;
  const given = Buffer.from(digits, "hex");
  return tokens.filter((token) => timingSafeEqual(given, digestOf(body, token))).length > 0;
}

function digestOf(body: Uint8Array, token: string): Buffer {
  return createHmac("sha256", token).update(body).digest();
}
