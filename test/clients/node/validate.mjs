// Prints what is wrong with an OpenAPI document, as JSON: node validate.mjs URL
import { createConfig, lintFromString } from "@redocly/openapi-core";

const [url] = process.argv.slice(2);
const source = await (await fetch(url)).text();
const rules = {
  struct: "error",
  "no-unresolved-refs": "error",
  "no-ambiguous-paths": "error",
  "no-undefined-server-variable": "error",
  "operation-operationId-unique": "error",
  "operation-parameters-unique": "error",
  "path-declaration-must-exist": "error",
  "path-parameters-defined": "error",
  "security-defined": "error",
  "spec-components-invalid-map-name": "error",
};
const config = await createConfig({ rules });
const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
console.log(
  JSON.stringify(problems.map(({ message, location }) => `${location[0].pointer}: ${message}`)),
);
