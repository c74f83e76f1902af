import fc from "fast-check";
import { expect, test } from "vitest";
import { createSealer } from "../../src/connections/sealing.js";

const sealer = createSealer(["a secret"], "client");
const code = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

test("what was sealed opens for the same purpose and place", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string(), (plain, place) => {
      expect(sealer.open("job", place, sealer.seal("job", place, plain))).toBe(plain);
    }),
  );
});

test("the plain text is not in the envelope, and no two envelopes are equal", () => {
  const sealed = sealer.seal("job", "id", "ntn_secret");
  expect(sealed).not.toContain("ntn_");
  expect(Buffer.from(sealed.split(".")[2] ?? "", "base64url").toString("latin1")).not.toContain("ntn_");
  expect(sealer.seal("job", "id", "ntn_secret")).not.toBe(sealed);
});

test("it opens nowhere else: not for another purpose, place, client or secret", () => {
  const sealed = sealer.seal("connection", "id", "plain");
  expect(code(() => sealer.open("job", "id", sealed))).toBe("unsealable");
  expect(code(() => sealer.open("connection", "other", sealed))).toBe("unsealable");
  expect(code(() => createSealer(["a secret"], "other client").open("connection", "id", sealed))).toBe("unsealable");
  expect(code(() => createSealer(["other"], "client").open("connection", "id", sealed))).toBe("unsealable");
});

test("one flipped bit anywhere is noticed", () => {
  const sealed = sealer.seal("connection", "id", "plain text");
  for (let index = 0; index < sealed.length; index++) {
    const flipped =
      sealed.slice(0, index) + String.fromCharCode(sealed.charCodeAt(index) ^ 1) + sealed.slice(index + 1);
    // The last character of base64url carries bits that mean nothing: then the bytes are the same.
    const opened = code(() => sealer.open("connection", "id", flipped));
    expect(opened === "unsealable" || (index === sealed.length - 1 && opened === "plain text")).toBe(true);
  }
});

test("secrets rotate: the first seals, all open", () => {
  const old = createSealer(["old"], "client");
  const both = createSealer(["new", "old"], "client");
  const sealed = old.seal("job", "id", "plain");
  expect(both.open("job", "id", sealed)).toBe("plain");
  expect(code(() => old.open("job", "id", both.seal("job", "id", "plain")))).toBe("unsealable");
});

test("what is no envelope at all is refused with the same error", () => {
  for (const odd of ["", ".", "1", "1..", "1.x.y", "2.a.b", "1.a.b.c", "\0", "x".repeat(1e6), undefined, null, 7, {}]) {
    expect(code(() => sealer.open("job", "id", odd as string))).toBe("unsealable");
  }
});
