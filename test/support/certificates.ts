import { generateKeyPairSync, sign } from "node:crypto";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const COMMON_NAME = "0603550403";
const SUBJECT_ALT_NAME = "0603551d11";
const ECDSA_WITH_SHA256 = "06082a8648ce3d040302";

/** A self-signed certificate (RFC 5280), so that no test needs a program or a file for it. */
export function selfSigned(name: string, options: { readonly expired?: boolean } = {}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const day = 86_400_000;
  const from = Date.now() - 10 * day;
  const until = options.expired === true ? Date.now() - day : Date.now() + day;
  const algorithm = sequence(hex(ECDSA_WITH_SHA256));
  const distinguishedName = sequence(der(0x31, sequence(hex(COMMON_NAME), der(0x0c, Buffer.from(name)))));
  const names = der(0x04, sequence(der(0x82, Buffer.from(name))));
  const toBeSigned = sequence(
    der(0xa0, hex("020102")),
    hex("020101"),
    algorithm,
    distinguishedName,
    sequence(time(from), time(until)),
    distinguishedName,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(sequence(hex(SUBJECT_ALT_NAME), names))),
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", toBeSigned, privateKey));
  const certificate = sequence(toBeSigned, algorithm, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), body]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function hex(text: string): Buffer {
  return Buffer.from(text, "hex");
}

function time(ms: number): Buffer {
  const text = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  return der(0x18, Buffer.from(text));
}
