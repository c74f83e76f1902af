import { signWebhookPayload, verifyWebhookSignature } from "@notionhq/client";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isSigned } from "../../../src/express/webhook/signature.js";
import { signed } from "../../support/webhook-app.js";

const body = Buffer.from('{"id":"1"}');
const token = "secret_token";
const good = signed(body, token);
const digits = good.slice("sha256=".length);

test.each<[string, string | undefined, boolean]>([
  ["as Notion sends it", good, true],
  ["digits in upper case", `sha256=${digits.toUpperCase()}`, true],
  ["prefix in upper case", `SHA256=${digits}`, false],
  ["no prefix", digits, false],
  ["another algorithm", `sha1=${digits}`, false],
  ["a space before", ` ${good}`, false],
  ["a space after", `${good} `, false],
  ["a line break after", `${good}\n`, false],
  ["a digit more", `${good}0`, false],
  ["a digit less", good.slice(0, -1), false],
  ["no digit in one place", `${good.slice(0, -1)}g`, false],
  ["twice, as Node joins it", `${good}, ${good}`, false],
  ["of another token", signed(body, "secret_other"), false],
  ["of another body", signed(`${body} `, token), false],
  [
    "digits of Unicode",
    `sha256=${digits.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))}`,
    false,
  ],
  ["empty", "", false],
  ["none", undefined, false],
])("%s: as Notion's SDK decides", async (_, signature, is) => {
  expect(isSigned(body, signature, [token])).toBe(is);
  expect(await verifyWebhookSignature({ body, signature, verificationToken: token })).toBe(is);
});

test("agrees with Notion's SDK on any body, token and header", async () => {
  const near = (signature: string) =>
    fc.oneof(
      fc.constant(signature),
      fc.constant(signature.toUpperCase()),
      fc
        .tuple(fc.nat(signature.length), fc.string({ unit: "binary", maxLength: 2 }), fc.nat(2))
        .map(([at, text, gone]) => signature.slice(0, at) + text + signature.slice(at + gone)),
      fc.string(),
    );
  const cases = fc
    .tuple(fc.uint8Array({ maxLength: 300 }), fc.string({ minLength: 1, unit: "binary" }))
    .chain(([bytes, key]) => near(signed(bytes, key)).map((signature) => ({ bytes, key, signature })));
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ bytes, key, signature }) => {
      const ours = isSigned(bytes, signature, [key]);
      expect(ours).toBe(await verifyWebhookSignature({ body: bytes, signature, verificationToken: key }));
      if (ours) accepted += 1;
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

test("takes what Notion's SDK signs, with any of several tokens", async () => {
  const signature = await signWebhookPayload({ body, verificationToken: token });
  expect(isSigned(body, signature, ["secret_new", token])).toBe(true);
  expect(isSigned(body, signature, [token, "secret_new"])).toBe(true);
  expect(isSigned(body, signature, ["secret_new"])).toBe(false);
  expect(isSigned(body, signature, [])).toBe(false);
});
