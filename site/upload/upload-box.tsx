import { useEffect } from "preact/hooks";
import { Connection } from "../batch/connection.tsx";
import { acceptOf } from "./accept.ts";
import { BoxLayout } from "./box-layout.tsx";
import { DropNotes } from "./drop-notes.tsx";
import { LimitsLine } from "./limits-line.tsx";
import { UploadProgress } from "./upload-progress.tsx";
import type { Upload, Uploads } from "./uploads.ts";

interface UploadBoxProps {
  uploads: Uploads;
  /** Accepts dropped and pasted files. */
  zone: HTMLElement;
}

/** An uploader in an app's page: a place to drop files, then their progress. */
export function UploadBox({ uploads, zone }: UploadBoxProps) {
  const upload = uploads.current.value;
  useEffect(() => void uploads.nextLimits.ready(), [uploads]);
  return (
    <BoxLayout
      notes={<DropNotes uploads={uploads} />}
      accept={acceptOf(uploads.limits)}
      limits={<LimitsLine limits={uploads.limits} />}
      zone={zone}
      onFiles={(incoming) => void uploads.addIncoming(incoming)}
    >
      {upload && <UploadView key={upload} upload={upload} uploads={uploads} />}
    </BoxLayout>
  );
}

/** The progress of an upload, with the state of its connection. */
export function UploadView({ upload, uploads }: { upload: Upload; uploads: Uploads }) {
  return (
    <>
      <UploadProgress upload={upload} uploads={uploads} />
      <Connection board={upload.board} />
    </>
  );
}
