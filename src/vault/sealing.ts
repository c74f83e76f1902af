import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { StoreError } from "../errors.js";

/** What a sealed value is for. Part of its associated data: a value sealed for one purpose never opens for another. */
export type SealPurpose = "entry" | "login";

/** Encrypts small values so that only a holder of the secret can read or make them, and only in the place they were sealed for. */
export interface Sealer {
  /** @param place what the value belongs to, such as the record's id */
  seal(purpose: SealPurpose, place: string, plain: string): string;
  /** @throws StoreError `unsealable` when the value was altered, moved, or its secret is not known */
  open(purpose: SealPurpose, place: string, sealed: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

interface Key {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * AES-256-GCM with keys by HKDF-SHA256 (RFC 5869) from `secrets`: the first seals, all open. The envelope names its key:
 * `1.<key id>.<base64url of iv, ciphertext and tag>`. The key id is derived beside the key and tells nothing about it.
 */
export function createSealer(secrets: readonly string[], clientId: string): Sealer {
  const keys = secrets.map(deriveKey);
  const [first] = keys as [Key, ...Key[]];
  const associated = (purpose: SealPurpose, place: string) => Buffer.from(JSON.stringify([purpose, clientId, place]));

  return {
    seal(purpose, place, plain) {
      // Random 96-bit IVs are safe for 2^32 values per key (NIST SP 800-38D, section 8.3).
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", first.key, iv);
      cipher.setAAD(associated(purpose, place));
      const text = cipher.update(plain, "utf8");
      cipher.final();
      return `1.${first.id}.${Buffer.concat([iv, text, cipher.getAuthTag()]).toString("base64url")}`;
    },
    open(purpose, place, sealed) {
      const [version, id, data, ...rest] = typeof sealed === "string" ? sealed.split(".") : [];
      const key = keys.find((candidate) => candidate.id === id);
      if (version !== "1" || key === undefined || data === undefined || rest.length > 0)
        throw new StoreError("unsealable");
      const bytes = Buffer.from(data, "base64url");
      if (bytes.length < IV_BYTES + TAG_BYTES) throw new StoreError("unsealable");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key.key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(associated(purpose, place));
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
        decipher.final();
        return text.toString("utf8");
      } catch {
        throw new StoreError("unsealable");
      }
    },
  };
}

function deriveKey(secret: string): Key {
  const derive = (info: string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", secret, "express-notion-oauth", info, bytes));
  return { key: derive("seal v1", 32), id: derive("key id v1", 6).toString("base64url") };
}
