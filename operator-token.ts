// Prints a token of the operator, which is valid for 24 hours: `npm run --silent operator-token`.
// docs/operating.md describes what it opens.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { SECRET_CHARACTERS } from "./durable-objects/settings.ts";
import { signOperatorToken } from "./worker/auth/operator-jwt.ts";

const NAME = "OPERATOR_SECRET";
/** Secrets of local runs. */
const LOCAL = ".dev.vars";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
console.log(await signOperatorToken(operatorSecret()));

/** Returns the secret that signs: the first one, if a secret is being replaced. */
function operatorSecret(): string {
  const [secret = ""] = (process.env[NAME] ?? localSecret()).trim().split(/\s+/u);
  if (secret.length >= SECRET_CHARACTERS) return secret;
  return fail(
    secret === ""
      ? `${NAME} is not set. Set it to the secret of the deployment, or run \`npm start\` once for a local one.`
      : `${NAME} has ${secret.length} characters; a secret has at least ${SECRET_CHARACTERS}.`,
  );
}

/** A deployment refuses tokens of this secret, which its operator may not have meant. */
function localSecret(): string {
  const secret = readLocal()[NAME] ?? "";
  if (secret !== "") {
    console.error(
      `${NAME} is not set: this token is signed with that of ${LOCAL}, and works for local runs only.`,
    );
  }
  return secret;
}

function readLocal(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(LOCAL, "utf8"));
  } catch {
    return {};
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
