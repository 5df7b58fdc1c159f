/**
 * The entry of the bundle. components.ts, whose types are published, does not import the style sheet:
 * TypeScript would look for it in an app's node_modules.
 */
import "../embed/embed.css";

export * from "./components.ts";
