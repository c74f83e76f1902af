export { entry } from "../../sqlite/support/entry.js";
