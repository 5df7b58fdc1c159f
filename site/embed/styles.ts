import css from "./embed.css?inline";

/**
 * The style sheet of all elements in a document. A constructed sheet: a Content Security Policy
 * without `unsafe-inline` would block a `<style>`.
 */
export const styles = new CSSStyleSheet();
styles.replaceSync(css);
