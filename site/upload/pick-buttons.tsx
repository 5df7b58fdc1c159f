import { useEffect, useRef } from "preact/hooks";
import { hasFolderDialog } from "./folder-dialog.ts";

interface PickButtonsProps {
  files: string;
  folder: string;
  /** Look of the first button. */
  kind?: "primary" | "plain";
  /** Types that the dialog for files shows at first: all by default. A folder is chosen as a whole. */
  accept?: string | undefined;
  onPick: (files: FileList) => void;
}

/** Buttons to choose files or, if the browser can, a folder. No browser has one dialog for both. */
export function PickButtons({ files, folder, kind = "plain", accept, onPick }: PickButtonsProps) {
  return (
    <>
      <PickButton label={files} kind={kind} folder={false} accept={accept} onPick={onPick} />
      {hasFolderDialog() && <PickButton label={folder} kind="plain" folder onPick={onPick} />}
    </>
  );
}

interface PickButtonProps {
  label: string;
  kind: "primary" | "plain";
  folder: boolean;
  accept?: string | undefined;
  onPick: (files: FileList) => void;
}

/** A button to choose files, or one folder. */
export function PickButton({ label, kind, folder, accept, onPick }: PickButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  // Preact's types lack this attribute.
  useEffect(() => {
    if (input.current !== null) input.current.webkitdirectory = folder;
  }, [folder]);
  const handleChange = (event: { currentTarget: HTMLInputElement }): void => {
    const { files } = event.currentTarget;
    if (files !== null && files.length > 0) onPick(files);
    // Otherwise, choosing the same files again would not be a change.
    event.currentTarget.value = "";
  };
  return (
    <>
      <button
        type="button"
        class={kind}
        part={`button ${kind}`}
        onClick={() => input.current?.click()}
      >
        {label}
      </button>
      <input ref={input} type="file" hidden multiple accept={accept} onChange={handleChange} />
    </>
  );
}
