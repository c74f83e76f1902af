import { isUtf8 } from "node:buffer";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createInflateRaw, createUnzip } from "node:zlib";
import { BODY_LIMIT, type ReceivedBytes } from "./message.js";

/** Tokens of an answer that is otherwise useless. A refresh token that came alone stands in the place of the access token: revoking takes both. */
export interface SalvagedTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
}

/**
 * The tokens in an answer that is not acceptable: they were issued and have to die. So nothing is asked of the answer,
 * which may be broken, cut off or compressed, and nothing of the tokens but that they can be sent.
 */
export async function salvageTokens({ body, rest }: ReceivedBytes): Promise<SalvagedTokens | undefined> {
  const found = findTokens(Buffer.concat([body, rest]));
  if (found !== undefined) return found;
  // What the headers say of the encoding is not asked either: text is not compressed, and all else may be.
  for (const bytes of [body, afterHead(rest)]) {
    if (isUtf8(bytes)) continue;
    for (const create of [createUnzip, createInflateRaw, createBrotliDecompress]) {
      const tokens = findTokens(await decompress(create(), bytes));
      if (tokens !== undefined) return tokens;
    }
  }
  return undefined;
}

/** Reads the two fields wherever they stand, so that it makes no difference whether the JSON around them is whole. */
function findTokens(bytes: Buffer): SalvagedTokens | undefined {
  const tokens = new Map<string, string>();
  const fields = bytes
    .toString("utf8")
    .matchAll(/"(access_token|refresh_token)"[\t\n\r ]*:[\t\n\r ]*("[^"\\]*(?:\\.[^"\\]*)*")/g);
  for (const [, name = "", literal = ""] of fields) {
    const token = parseString(literal);
    if (/[^\t\n\r ]/.test(token)) tokens.set(name, token);
  }
  const [first, second] = ["access_token", "refresh_token"].flatMap((name) => tokens.get(name) ?? []);
  if (first === undefined) return undefined;
  return second === undefined ? { accessToken: first } : { accessToken: first, refreshToken: second };
}

function parseString(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return "";
  }
}

/** What stands behind the headers, where the packet begins with them. */
function afterHead(packet: Buffer): Buffer {
  const end = packet.indexOf("\r\n\r\n");
  return end === -1 ? packet : packet.subarray(end + 4);
}

/** In pieces, because what a piece brought is lost when it also holds the fault. In bytes. */
const PIECE = 256;

/** The first {@link BODY_LIMIT} bytes, or what can be read before a fault. Never rejects. */
function decompress(decoder: Transform, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = () => {
      decoder.destroy();
      resolve(Buffer.concat(chunks).subarray(0, BODY_LIMIT));
    };
    decoder.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= BODY_LIMIT) finish();
    });
    decoder.on("end", finish);
    decoder.on("error", finish);
    for (let at = 0; at < bytes.length; at += PIECE) decoder.write(bytes.subarray(at, at + PIECE));
    decoder.end();
  });
}
