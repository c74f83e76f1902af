// Writes the API reference, docs/api, from the documentation comments: `npm run docs:api`. A folder as the first argument takes its place.
// TypeDoc asks TypeScript's JavaScript API, which TypeScript 7 does not have: where it imports "typescript", it gets version 6.
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";

const hook = `export const resolve = (specifier, context, next) =>
  next(specifier === "typescript" ? "typescript6" : specifier, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { Application, OptionDefaults, ReflectionKind } = await import("typedoc");

const root = fileURLToPath(new URL("..", import.meta.url));
const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const sources = Object.values(exports).flatMap(
  ({ types }) => types?.replace("./dist", `${root}src`).replace(".d.ts", ".ts") ?? [],
);
const app = await Application.bootstrapWithPlugins({
  entryPoints: sources,
  tsconfig: `${root}tsconfig.build.json`,
  out: process.argv[2] ?? `${root}docs/api`,
  plugin: ["typedoc-plugin-markdown"],
  // One page for each entry point.
  router: "module",
  readme: "none",
  // The same from every checkout, on every day.
  disableSources: true,
  disableGit: true,
  sort: ["alphabetical"],
  // What comes from Node or Express is documented there, and nobody makes our errors but we.
  excludeExternals: true,
  excludePrivate: true,
  excludeNotDocumented: true,
  excludeNotDocumentedKinds: ["Constructor", "ConstructorSignature"],
  // What follows it is the description.
  modifierTags: [...OptionDefaults.modifierTags, "@ts-ignore"],
  excludeTags: ["@ts-ignore"],
  requiredToBeDocumented: ["Class", "Interface", "TypeAlias", "Variable", "Function", "Method", "Constructor"],
  // The lists that types are made from: of error codes, and of a page's texts. And what a driver's object is recognized by.
  intentionallyNotExported: [
    "apiErrors",
    "connectionErrors",
    "englishTexts",
    "loginErrors",
    "refusals",
    "storeErrors",
    "webhookErrors",
  ],
  intentionallyNotDocumented: [
    ...["exec", "prepare", "close"].map((method) => `sqlite.SqliteDatabase.${method}`),
    ...["connect", "query", "end"].map((method) => `postgres.PostgresPool.${method}`),
    ...["evalsha", "defineCommand", "evalSha"].map((method) => `redis.RedisClient.__type.${method}`),
  ],
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  groupOrder: ["Functions", "Classes", "Interfaces", "Type Aliases", "Variables"],
  pageTitleTemplates: {
    index: "API reference",
    module: (page) => (page.name === name ? name : `${name}/${page.name}`),
  },
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  expandObjects: true,
  indexFormat: "table",
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  propertyMembersFormat: "table",
  tableColumnSettings: {
    hideSources: true,
    hideInherited: true,
    hideModifiers: true,
    hideOverrides: true,
    hideDefaults: true,
  },
  // The compiler has looked at it already: `npm run typecheck`.
  skipErrorChecking: true,
  logLevel: "Warn",
});
const project = await app.convert();
if (project === undefined) process.exit(1);
// `expose` of every class of errors, beside the one that they have it from.
for (const accessor of project.getReflectionsByKind(ReflectionKind.Accessor))
  if (accessor.inheritedFrom !== undefined) project.removeReflection(accessor);
app.validate(project);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
