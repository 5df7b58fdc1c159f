import type { Schema } from "./document.ts";
import { Prose } from "./prose.tsx";

/** Returns the id of a named schema's section. */
export function schemaId(name: string): string {
  return `schema-${name}`;
}

/** One named schema. */
export function SchemaSection({ name, schema }: { name: string; schema: Schema }) {
  const { description = "", ...rest } = schema;
  return (
    <section id={schemaId(name)} aria-labelledby={`${schemaId(name)}-title`}>
      <h2 id={`${schemaId(name)}-title`}>
        <a href={`#${schemaId(name)}`}>{name}</a>
      </h2>
      <p>
        <Prose text={description} />
      </p>
      <SchemaView schema={rest} />
    </section>
  );
}

/** A schema in place: its type, and the properties of an object that has no name. */
export function SchemaView({ schema }: { schema: Schema }) {
  const { properties, description, required = [] } = schema;
  return (
    <>
      {properties === undefined && <TypeName schema={schema} />}
      {description !== undefined && (
        <p>
          <Prose text={description} />
        </p>
      )}
      {properties && (
        <dl class="fields">
          {Object.entries(properties).map(([name, property]) => (
            <div key={name}>
              <dt>
                <code>{name}</code> {!required.includes(name) && <small>optional</small>}
              </dt>
              <dd>
                <SchemaView schema={property} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Inner schema={schema} />
    </>
  );
}

/** The properties of objects without a name inside lists and alternatives. */
function Inner({ schema }: { schema: Schema }) {
  const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
  return (
    <>
      {inner
        .filter((one) => one?.properties !== undefined)
        .map((one, index) => one && <SchemaView key={index} schema={one} />)}
    </>
  );
}

/** A type in the words of TypeScript, such as `File[]` or `integer | null`. */
function TypeName({ schema }: { schema: Schema }) {
  return <code class="type">{typeParts(schema)}</code>;
}

type Part = string | preact.JSX.Element;

function typeParts(schema: Schema): Part[] {
  const { $ref, items, prefixItems, anyOf, additionalProperties, enum: values } = schema;
  if ($ref !== undefined) return [schemaLink($ref)];
  if (anyOf) return joined(anyOf.map(typeParts), " | ");
  if (values) return [values.map((value) => JSON.stringify(value)).join(" | ")];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (prefixItems) return ["[", ...joined(prefixItems.map(typeParts), ", "), "]"];
  if (items) return items.anyOf ? ["(", ...typeParts(items), ")[]"] : [...typeParts(items), "[]"];
  if (additionalProperties) return ["{string: ", ...typeParts(additionalProperties), "}"];
  return [[schema.type ?? "any", schema.format, range(schema)].filter(Boolean).join(" ")];
}

/** @param reference such as `#/components/schemas/File` */
function schemaLink(reference: string) {
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  return (
    <a key={name} href={`#${schemaId(name)}`}>
      {name}
    </a>
  );
}

function joined(lists: readonly Part[][], separator: string): Part[] {
  return lists.flatMap((parts, index) => (index === 0 ? parts : [separator, ...parts]));
}

/** Returns the bounds of a number that are not obvious: JSON's own and "not negative" are. */
function range({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Schema): string {
  const isBounded = maximum < Number.MAX_SAFE_INTEGER;
  if (isBounded) return `${minimum}…${maximum}`;
  return minimum > 0 ? `≥ ${minimum}` : "";
}
