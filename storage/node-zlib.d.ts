/** The used part of Node's zlib, which workerd has. Node's own types would replace the platform's. */
declare module "node:zlib" {
  export function crc32(bytes: Uint8Array, value?: number): number;
}
