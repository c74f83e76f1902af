/** What the codes of the system and of TLS mean. */
const words: Readonly<Record<string, string>> = {
  ENOTFOUND: "no name server knows this name",
  EAI_AGAIN: "the name server does not answer",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ETIMEDOUT: "nobody answers there",
  EHOSTUNREACH: "no way leads to this machine",
  ENETUNREACH: "no way leads to this network",
  EACCES: "this user may not do that",
  EPERM: "this user may not do that",
  CERT_HAS_EXPIRED: "its certificate has expired, or this machine's clock is ahead",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or this machine's clock is behind",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  EPROTO: "it does not speak TLS as it should",
};

const UNKNOWN_AUTHORITY = [
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** Why something failed, as a part of a sentence, with the system's code. */
export function inWords(cause: unknown): string {
  const code = codeOf(cause);
  if (code === undefined) return "nobody says why";
  return `${wordsFor(code) ?? "the system does not let it"} (${code})`;
}

/** What a code means; undefined where that is not known. */
export function wordsFor(code: string): string | undefined {
  if (UNKNOWN_AUTHORITY.includes(code))
    return "Node does not know the authority of its certificate: name that in NODE_EXTRA_CA_CERTS if it is yours";
  if (code.startsWith("ERR_SSL_")) return words.EPROTO;
  if (code.startsWith("HPE_")) return "what answers does not speak HTTP";
  return words[code];
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
