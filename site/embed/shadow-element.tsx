import { type ComponentChild, render } from "preact";
import { Frame } from "../ui/frame.tsx";
import css from "./embed.css?inline";

/**
 * The style sheet of all elements in a document. A constructed sheet: a Content Security Policy
 * without `unsafe-inline` would block a `<style>`.
 */
const styles = new CSSStyleSheet();
styles.replaceSync(css);

/** The origin of this script. The Worker that serves it also accepts uploads. */
const SCRIPT_ORIGIN = new URL(import.meta.url).origin;

/**
 * A custom element that renders into a shadow tree while it is in a document.
 *
 * Not `preact-custom-element`: that one drops its state when an element is moved, and has no
 * methods, no events, and no properties without an attribute, which secrets need.
 */
export abstract class ShadowElement extends HTMLElement {
  readonly #root = this.attachShadow({ mode: "open" });
  #isShown = false;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [styles];
  }

  /**
   * The Worker's origin; the script's by default. A change applies to the next batch.
   *
   * @throws TypeError for an invalid URL
   */
  get endpoint(): string {
    const endpoint = this.getAttribute("endpoint");
    return endpoint === null ? SCRIPT_ORIGIN : new URL(endpoint, this.baseURI).origin;
  }

  set endpoint(endpoint: string) {
    this.setAttribute("endpoint", endpoint);
  }

  /** Called when the element was inserted into a document. */
  protected abstract start(): void;

  /** Called when the element was removed from its document. Moving it doesn't count. */
  protected abstract end(): void;

  connectedCallback(): void {
    if (this.#isShown) return;
    this.#isShown = true;
    this.#upgradeProperties();
    this.start();
  }

  disconnectedCallback(): void {
    // Moving an element removes and inserts it in one task, before any microtask.
    queueMicrotask(() => {
      if (this.isConnected || !this.#isShown) return;
      this.#isShown = false;
      this.end();
      render(null, this.#root);
    });
  }

  /** Makes `moveBefore()` call this instead of the two callbacks above. */
  connectedMoveCallback(): void {}

  /** Names of properties that a page may set before this script has defined the element. */
  protected abstract get upgradableProperties(): readonly string[];

  protected get isShown(): boolean {
    return this.#isShown;
  }

  protected show(content: ComponentChild): void {
    const level = this.getAttribute("heading-level");
    const frame = <Frame {...(level && { headingLevel: Number(level) })}>{content}</Frame>;
    render(content !== null && frame, this.#root);
  }

  /** Passes properties that were set on the undefined element to their setters. */
  #upgradeProperties(): void {
    for (const name of this.upgradableProperties) {
      const own = Object.getOwnPropertyDescriptor(this, name);
      if (own === undefined) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, own.value);
    }
  }
}
