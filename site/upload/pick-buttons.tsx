import { useEffect, useRef } from "preact/hooks";

interface PickButtonsProps {
  files: string;
  folder: string;
  /** How the first of the two looks. */
  kind?: "primary" | "plain";
  onPick: (files: FileList) => void;
}

/** Two ways to choose: files, or a whole folder. No one dialog of a browser does both. */
export function PickButtons({ files, folder, kind = "plain", onPick }: PickButtonsProps) {
  return (
    <>
      <PickButton label={files} kind={kind} folder={false} onPick={onPick} />
      <PickButton label={folder} kind="plain" folder onPick={onPick} />
    </>
  );
}

interface PickButtonProps {
  label: string;
  kind: "primary" | "plain";
  folder: boolean;
  onPick: (files: FileList) => void;
}

/** Chooses files, or one folder. */
export function PickButton({ label, kind, folder, onPick }: PickButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  // Preact's types do not know this attribute of files' inputs.
  useEffect(() => {
    if (input.current !== null) input.current.webkitdirectory = folder;
  }, [folder]);
  const picked = (event: { currentTarget: HTMLInputElement }): void => {
    const { files } = event.currentTarget;
    if (files !== null && files.length > 0) onPick(files);
    // Choosing the same files again is a change only if the field was emptied.
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
      <input ref={input} type="file" hidden multiple onChange={picked} />
    </>
  );
}
