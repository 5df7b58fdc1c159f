import { useComputed, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { replaceAddress } from "../ui/replace-address.ts";
import type { Upload } from "../upload/uploads.ts";
import type { BatchAccess } from "./batch-access.ts";
import { batchPath } from "./links.ts";

/** Address of the page without a batch. */
const START = "/";

/**
 * Shows the share link as the page's address once the batch is completed or cancelled, so that a reload
 * and a copy of the address lead to the files. Before, a reload leads to the page that resumes the upload.
 */
export function LinkAddress({ upload: { board }, access }: LinkAddressProps) {
  const address = useComputed(() => {
    const { id } = board.batch.value ?? {};
    // Until the batch is known, the address may be its own.
    if (id === undefined) return null;
    return board.isOver.value ? batchPath(id, access.read.value) : START;
  });
  useSignalEffect(() => {
    const { value } = address;
    if (value !== null && value !== location.pathname + location.hash) replaceAddress(value);
  });
  useEffect(
    () => () => {
      if (address.peek() !== null) replaceAddress(START);
    },
    [],
  );
  return null;
}

interface LinkAddressProps {
  upload: Upload;
  access: BatchAccess;
}
