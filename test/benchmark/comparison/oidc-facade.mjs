import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/**
 * An OpenID provider in front of Notion: it adds what Notion does not have, which is discovery, keys, an ID token, and an expiry date.
 *
 * @param jose the package that signs
 * @returns its address
 */
export async function startFacade(notionUrl, { exportJWK, generateKeyPair, SignJWT }) {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "facade", alg: "RS256", use: "sig" }];
  /** By the challenge of the login that they belong to. */
  const nonces = new Map();
  const server = createServer(async (req, res) => {
    const { pathname, search, searchParams } = new URL(req.url, issuer);
    const json = (status, body) =>
      res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (pathname === "/jwks") return json(200, { keys });
    if (pathname === "/authorize") {
      nonces.set(searchParams.get("code_challenge"), searchParams.get("nonce"));
      return res.writeHead(302, { location: `${notionUrl}/v1/oauth/authorize${search}&owner=user` }).end();
    }
    if (pathname !== "/token")
      return json(200, {
        issuer,
        jwks_uri: `${issuer}/jwks`,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
      });
    const body = await text(req);
    const client = clientOf(req.headers.authorization);
    const answer = await fetch(`${notionUrl}/v1/oauth/token`, {
      method: "POST",
      headers: { authorization: client.authorization, "content-type": req.headers["content-type"] },
      body,
    }).catch(() => undefined);
    if (answer === undefined) return res.destroy();
    const tokens = await answer.json();
    if (!answer.ok) return json(answer.status, tokens);
    const verifier = new URLSearchParams(body).get("code_verifier");
    const nonce = verifier && nonces.get(createHash("sha256").update(verifier).digest("base64url"));
    const claims = new SignJWT({ ...(nonce && { nonce }) }).setProtectedHeader({ alg: "RS256", kid: "facade" });
    claims.setIssuer(issuer).setAudience(client.id).setSubject(tokens.bot_id).setIssuedAt();
    const id_token = await claims.setExpirationTime("1h").sign(privateKey);
    json(200, { ...tokens, id_token, expires_in: 3600 });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  return issuer;
}

/** OAuth has id and secret percent-encoded, Notion takes them as they are. */
function clientOf(authorization) {
  const [id, secret] = Buffer.from(authorization.slice("Basic ".length), "base64").toString().split(":");
  const raw = `${decodeURIComponent(id)}:${decodeURIComponent(secret)}`;
  return { id: decodeURIComponent(id), authorization: `Basic ${Buffer.from(raw).toString("base64")}` };
}
