import { createHmac } from "node:crypto";

/** How long Notion's side waits for an answer, in ms. */
const TIMEOUT = 150_000;

/** What came back. */
export interface PostedAnswer {
  /** 0 where there was none. */
  readonly status: number;
  readonly retryAfter?: string;
}

/** The header that proves who made a body. */
export function signatureOf(body: string, verificationToken: string): string {
  return `sha256=${createHmac("sha256", verificationToken).update(body).digest("hex")}`;
}

/** Posts a signed body. Follows no redirect, and never rejects. */
export async function postSigned(
  url: string,
  body: string,
  signature: string,
  signal: AbortSignal,
): Promise<PostedAnswer> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-notion-signature": signature },
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
    });
    await answer.arrayBuffer();
    const retryAfter = answer.headers.get("retry-after");
    return { status: answer.status, ...(retryAfter !== null && { retryAfter }) };
  } catch {
    return { status: 0 };
  }
}
