// @ts-check
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = /** @type {(password: string, salt: Buffer, length: number) => Promise<Buffer>} */ (promisify(scrypt));

/** @param {string} password */
export async function hashPassword(password) {
  const salt = randomBytes(16);
  const hash = await derive(password.normalize("NFKC"), salt, 32);
  return `${salt.toString("base64url")}.${hash.toString("base64url")}`;
}

/** Whoever has no account is looked at for as long as whoever has one. */
const NOBODY = hashPassword(randomBytes(16).toString("base64url"));

/**
 * @param {string} password
 * @param {string | undefined} stored what `hashPassword` gave; undefined where there is no account
 */
export async function isPassword(password, stored) {
  const [salt = "", hash = ""] = (stored ?? (await NOBODY)).split(".");
  const given = await derive(password.normalize("NFKC"), Buffer.from(salt, "base64url"), 32);
  return timingSafeEqual(given, Buffer.from(hash, "base64url")) && stored !== undefined;
}
