import "./docs.css";
import { render } from "preact";
import { loadDocument } from "./document.ts";
import { Reference } from "./reference.tsx";

/** The page `/docs`: a reference of the HTTP API, made from its OpenAPI document. */
async function show(): Promise<void> {
  const page = document.getElementById("reference");
  // public/browser-check.js has replaced it in a browser that is too old.
  if (page === null) return;
  try {
    render(<Reference document={await loadDocument()} />, page);
    // The browser looks for the target of the address before the page has it.
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    render(<LoadError />, page);
    throw error;
  }
}

function LoadError() {
  return (
    <main>
      <p role="alert">
        The <a href="/v1/openapi.json">OpenAPI document</a> could not be loaded. Reload this page.
      </p>
    </main>
  );
}

void show();
