export { ContactSheet } from "./contact-sheet.tsx";
export { senderPictures } from "./sender-pictures.ts";
export { viewerPictures } from "./viewer-pictures.ts";
