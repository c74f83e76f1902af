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
