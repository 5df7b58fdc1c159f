// Parts of https://wicg.github.io/file-system-access that Chromium has and TypeScript's library lacks.

interface FileSystemPermissionDescriptor {
  mode: "read";
}

interface FileSystemHandle {
  queryPermission?: (descriptor: FileSystemPermissionDescriptor) => Promise<PermissionState>;
  /** Shows a prompt. Needs a recent click. */
  requestPermission?: (descriptor: FileSystemPermissionDescriptor) => Promise<PermissionState>;
}

interface DataTransferItem {
  /** Resolves to null if the file isn't on disk. */
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}
