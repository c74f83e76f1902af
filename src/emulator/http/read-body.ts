import type { IncomingMessage } from "node:http";

/** Reads a request body of at most `limit` bytes; `"too_large"` as soon as it is longer, `"aborted"` when it never ends. */
export function readBody(req: IncomingMessage, limit: number): Promise<Buffer | "too_large" | "aborted"> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    req.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        chunks.length = 0;
        resolve("too_large");
      } else {
        chunks.push(chunk);
      }
    });
    req.on("end", () => resolve(chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)));
    req.on("close", () => resolve("aborted"));
    req.on("error", () => resolve("aborted"));
  });
}
