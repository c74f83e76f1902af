import { once } from "node:events";
import type { ServerResponse } from "node:http";

const CHUNK = Buffer.alloc(64 * 1024, "x");

/** Writes that many bytes, as fast as the client reads and no faster. Stops when the client goes away. */
export async function pour(res: ServerResponse, bytes: number): Promise<void> {
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  for (let left = bytes; left > 0 && !res.destroyed; left -= CHUNK.length) {
    if (res.write(left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK)) {
      // Loopback takes megabytes without ever being full; other requests want their turn.
      await new Promise(setImmediate);
    } else {
      await once(res, "drain", { signal: gone.signal }).catch(() => undefined);
    }
  }
}
