import { isUtf8 } from "node:buffer";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createInflateRaw, createUnzip } from "node:zlib";
import { READ_LIMIT, type ReceivedBytes } from "./message.js";
import { tokensIn } from "./tokens-in.js";

/** Tokens of an answer that is otherwise useless. A refresh token that came alone stands in the place of the access token: revoking takes both. */
export interface SalvagedTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** What more there was. */
  readonly replaced?: readonly string[];
}

/**
 * The tokens in an answer that is not acceptable: they were issued and have to die. So nothing is asked of the answer,
 * which may be broken, cut off or compressed, and nothing of the tokens but that they can be sent.
 */
export async function salvageTokens({ body, rest }: ReceivedBytes): Promise<SalvagedTokens | undefined> {
  const tokens = await findTokens(body, rest);
  const [accessToken, refreshToken, ...replaced] = tokens;
  if (accessToken === undefined) return undefined;
  return { accessToken, ...(refreshToken !== undefined && { refreshToken }), ...(replaced.length > 0 && { replaced }) };
}

async function findTokens(body: Buffer, rest: Buffer): Promise<readonly string[]> {
  const found = tokensIn(Buffer.concat([body, rest]));
  if (found.length > 0) return found;
  // What the headers say of the encoding is not asked either: text is not compressed, and all else may be.
  for (const bytes of [body, afterHead(rest)]) {
    if (isUtf8(bytes)) continue;
    for (const create of [createUnzip, createInflateRaw, createBrotliDecompress]) {
      const tokens = tokensIn(await decompress(create(), bytes));
      if (tokens.length > 0) return tokens;
    }
  }
  return [];
}

/** What stands behind the headers, where the packet begins with them. */
function afterHead(packet: Buffer): Buffer {
  const end = packet.indexOf("\r\n\r\n");
  return end === -1 ? packet : packet.subarray(end + 4);
}

/** In pieces, because what a piece brought is lost when it also holds the fault. In bytes. */
const PIECE = 256;

/** The first {@link READ_LIMIT} bytes, or what can be read before a fault. Never rejects. */
function decompress(decoder: Transform, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = () => {
      decoder.destroy();
      resolve(Buffer.concat(chunks).subarray(0, READ_LIMIT));
    };
    decoder.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= READ_LIMIT) finish();
    });
    decoder.on("end", finish);
    decoder.on("error", finish);
    for (let at = 0; at < bytes.length; at += PIECE) decoder.write(bytes.subarray(at, at + PIECE));
    decoder.end();
  });
}
