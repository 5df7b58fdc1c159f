import { type Call, callsByTag, type OpenapiDocument } from "./document.ts";
import { Operation } from "./operation.tsx";
import { SchemaSection, schemaId } from "./schema.tsx";
import { Prose } from "./prose.tsx";

/** The whole reference: an index, every call, and every schema. */
export function Reference({ document }: { document: OpenapiDocument }) {
  const groups = [...callsByTag(document)];
  const schemas = Object.entries(document.components.schemas);
  return (
    <div class="reference">
      <Introduction document={document} />
      <nav aria-label="Contents">
        {groups.map(([tag, calls]) => (
          <CallIndex key={tag} tag={tag} calls={calls} />
        ))}
        <h2>Schemas</h2>
        <ul>
          {schemas.map(([name]) => (
            <li key={name}>
              <a href={`#${schemaId(name)}`}>{name}</a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        {groups.flatMap(([, calls]) =>
          calls.map((call) => <Operation key={call.operationId} call={call} />),
        )}
        {schemas.map(([name, schema]) => (
          <SchemaSection key={name} name={name} schema={schema} />
        ))}
      </main>
    </div>
  );
}

function CallIndex({ tag, calls }: { tag: string; calls: readonly Call[] }) {
  return (
    <>
      <h2>{tag}</h2>
      <ul>
        {calls.map(({ operationId, summary }) => (
          <li key={operationId}>
            <a href={`#${operationId}`}>{summary}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Introduction({ document: { info } }: { document: OpenapiDocument }) {
  return (
    <header>
      <h1>{info.title}: HTTP API</h1>
      <p>
        <Prose text={info.description} />
      </p>
      <p>
        Version {info.version}. The same as <a href="/v1/openapi.json">an OpenAPI 3.1 document</a>,
        for generators.
      </p>
    </header>
  );
}
