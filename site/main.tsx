import "./styles/index.css";
import { render } from "preact";
import { LiveRegion } from "./announce/live-region.tsx";
import { language } from "./i18n/box.ts";
import { loadPageLanguage, words } from "./i18n/start.ts";
import { BatchPage } from "./pages/batch-page.tsx";
import { NewVersion, watchVersion } from "./pages/new-version.tsx";
import { UploadPage } from "./pages/upload-page.tsx";

const WATCH_PATH = /^\/b\/([^/]+)\/?$/u;

/** Shows the upload page at `/` and the page of a batch at `/b/:batch#token=…`. */
function App() {
  const batch = WATCH_PATH.exec(location.pathname)?.[1];
  return (
    <>
      <NewVersion />
      {batch === undefined ? <UploadPage /> : <BatchPage batch={batch} />}
      <LiveRegion />
    </>
  );
}

function show(): void {
  const page = document.getElementById("page");
  // public/browser-check.js has replaced it in a browser that is too old.
  if (page === null) return;
  document.documentElement.lang = language.locale;
  document.documentElement.dir = words.direction;
  render(<App />, page);
}

watchVersion();
const loading = loadPageLanguage();
if (loading === null) show();
else void loading.then(show);
