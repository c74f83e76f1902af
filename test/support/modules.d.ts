// Older majors, installed under names of their own. Close enough to the current types for what the tests use.
declare module "express4" {
  import express from "express";
  export = express;
}

declare module "session-file-store" {
  import type session from "express-session";
  const sessionFileStore: (of: typeof session) => new (options: object) => session.Store;
  export = sessionFileStore;
}

// Scripts that run without a compiler, and what their tests use of them.
declare module "*/table.mjs" {
  interface Life {
    readonly express: string;
    readonly passport: string;
    readonly vault: string;
    readonly error?: string;
  }
  export function tableOf(results: readonly { readonly name: string; readonly lives: readonly Life[] }[]): string;
  export function tableIn(page: string): string;
  export function withTable(page: string, table: string): string;
}
