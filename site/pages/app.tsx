import { UploadPage } from "./upload-page.tsx";
import { WatchPage } from "./watch-page.tsx";

const WATCH_PATH = /^\/b\/([^/]+)\/?$/u;

/** `/` uploads, `/b/:batch#token=…` watches. */
export function App() {
  const batch = WATCH_PATH.exec(location.pathname)?.[1];
  return batch === undefined ? <UploadPage /> : <WatchPage batch={batch} />;
}
