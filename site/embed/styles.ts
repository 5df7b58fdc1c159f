import base from "../styles/base.css?inline";
import controls from "../styles/controls.css?inline";
import count from "../styles/count.css?inline";
import drop from "../styles/drop.css?inline";
import notes from "../styles/notes.css?inline";
import tokens from "../styles/tokens.css?inline";
import embed from "./embed.css?inline";

/** The page's own style, one sheet for all elements of a page. It needs no leave of a page's CSP. */
export const styles = new CSSStyleSheet();
styles.replaceSync([tokens, base, controls, count, notes, drop, embed].join("\n"));
