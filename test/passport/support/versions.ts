import { createRequire } from "node:module";
import type { Express } from "express";
import type { Authenticator } from "passport";

const require = createRequire(import.meta.url);

interface PassportModule {
  readonly Passport: new () => Authenticator;
}

/** The versions of Passport that apps use, each a fresh instance. 0.5 and 0.6 are installed under other names. */
export const passports: Readonly<Record<"0.5" | "0.6" | "0.7", () => Authenticator>> = {
  "0.5": () => new (require("passport05") as PassportModule).Passport(),
  "0.6": () => new (require("passport06") as PassportModule).Passport(),
  "0.7": () => new (require("passport") as PassportModule).Passport(),
};

export const expresses: Readonly<Record<"4" | "5", () => Express>> = {
  "4": () => (require("express4") as () => Express)(),
  "5": () => (require("express") as () => Express)(),
};
