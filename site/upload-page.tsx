import { useMemo } from "preact/hooks";
import { DropTarget } from "./components/drop-target.tsx";
import { Empty } from "./components/empty.tsx";
import { Masthead } from "./components/masthead.tsx";
import { Notes } from "./components/notes.tsx";
import { UploadSheet } from "./components/upload-sheet.tsx";
import { Uploads } from "./state/uploads.ts";

/** `/`: drop files, watch them being counted. */
export function UploadPage() {
  const uploads = useMemo(() => new Uploads(), []);
  const take = useMemo(() => uploads.take.bind(uploads), [uploads]);
  const upload = uploads.current.value;
  return (
    <>
      <Masthead board={upload?.board ?? null} />
      <main>
        <Notes uploads={uploads} />
        {upload === null ? (
          <Empty uploads={uploads} />
        ) : (
          <UploadSheet key={upload} upload={upload} uploads={uploads} />
        )}
      </main>
      <DropTarget onDrop={(taken) => void take(taken)} />
    </>
  );
}
