import type { Call, Content, Parameter } from "./document.ts";
import { Prose } from "./prose.tsx";
import { SchemaView } from "./schema.tsx";

/** One call: its address, its request and its responses. */
export function Operation({ call }: { call: Call }) {
  const { operationId, method, path, summary, description, parameters, requestBody } = call;
  return (
    <section id={operationId} aria-labelledby={`${operationId}-title`}>
      <h2 id={`${operationId}-title`}>
        <a href={`#${operationId}`}>{summary}</a>
      </h2>
      <p class="address">
        <b>{method.toUpperCase()}</b> <Path path={path} />
      </p>
      {description.split("\n\n").map((paragraph) => (
        <p key={paragraph}>
          <Prose text={paragraph} />
        </p>
      ))}
      {parameters.length > 0 && <Parameters parameters={parameters} />}
      {requestBody && (
        <>
          <h3>Body{requestBody.required ? "" : " (optional)"}</h3>
          <p>
            <Prose text={requestBody.description} />
          </p>
          <Bodies content={requestBody.content} />
        </>
      )}
      <Responses responses={call.responses} />
    </section>
  );
}

/** A path that may break after each slash. */
function Path({ path }: { path: string }) {
  const segments = path.split("/").slice(1);
  return (
    <code>
      {segments.map((segment, index) => (
        <span key={index}>
          /<wbr />
          {segment}
        </span>
      ))}
    </code>
  );
}

function Parameters({ parameters }: { parameters: readonly Parameter[] }) {
  return (
    <>
      <h3>Parameters</h3>
      <dl class="fields">
        {parameters.map(({ name, in: place, description, schema }) => (
          <div key={`${place} ${name}`}>
            <dt>
              <code>{name}</code> <small>{place}</small>
            </dt>
            <dd>
              <SchemaView schema={schema} />
              {description !== undefined && (
                <p>
                  <Prose text={description} />
                </p>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Bodies({ content }: { content: Content }) {
  return (
    <>
      {Object.entries(content).map(([type, { schema }]) => (
        <div key={type}>
          <code>{type}</code> {schema && <SchemaView schema={schema} />}
        </div>
      ))}
    </>
  );
}

/** Successes in full, and one line for each status of a problem. */
function Responses({ responses }: Pick<Call, "responses">) {
  return (
    <>
      <h3>Responses</h3>
      <dl class="fields">
        {Object.entries(responses).map(([status, { description, content }]) => (
          <div key={status}>
            <dt>
              <code>{status}</code>
            </dt>
            <dd>
              <p>
                <Prose text={description} />
              </p>
              {content && Number(status) < 400 && <Bodies content={content} />}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
