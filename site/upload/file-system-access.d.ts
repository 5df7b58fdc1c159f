// What Chromium has of https://wicg.github.io/file-system-access, and TypeScript's library does not.

interface FileSystemPermissionDescriptor {
  mode: "read";
}

interface FileSystemHandle {
  queryPermission?: (descriptor: FileSystemPermissionDescriptor) => Promise<PermissionState>;
  /** Asks the person, who must have clicked a moment ago. */
  requestPermission?: (descriptor: FileSystemPermissionDescriptor) => Promise<PermissionState>;
}

interface DataTransferItem {
  /** Null where the file is on no disk. */
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}
