export { ContactSheet } from "./contact-sheet.tsx";
export { senderPictures } from "./sender-pictures.ts";
