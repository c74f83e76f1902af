export { NotionOAuthInstrumentation, type NotionOAuthInstrumentationConfig } from "./instrumentation.js";
