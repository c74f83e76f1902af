import { gzipSync } from "node:zlib";

const MEMBER_SIZE = 1024 * 1024;
let member: Buffer | undefined;

/**
 * A gzip body that inflates to about `size` bytes of spaces. It is made of one compressed MiB repeated: a gzip file may
 * have many members (RFC 1952, section 2.2), so neither time nor memory is spent on the inflated size here.
 */
export function gzipBomb(size: number): Buffer {
  member ??= gzipSync(Buffer.alloc(MEMBER_SIZE, " "), { level: 9 });
  return Buffer.concat(Array<Buffer>(Math.max(1, Math.ceil(size / MEMBER_SIZE))).fill(member));
}
