import { beforeEach } from "vitest";
import { unavailable } from "./new-vault.js";

beforeEach(({ skip }) => {
  if (unavailable === undefined) return;
  if (process.env.REQUIRE_SERVICES === "1")
    throw new Error(`${unavailable}, and REQUIRE_SERVICES=1 does not let a test be skipped.`);
  skip(unavailable);
});
