import { type ComponentChild, render } from "preact";
import { Frame } from "../ui/frame.tsx";
import { styles } from "./styles.ts";

/** Where this script came from: the Worker that serves it also takes the files. */
const SCRIPT_ORIGIN = new URL(import.meta.url).origin;

/**
 * A custom element that shows something in a shadow tree while it is in a page.
 *
 * Not `preact-custom-element`: that one lets go of everything when an element is moved, and knows no
 * methods, no events and no properties that stay out of the attributes, as a secret should.
 */
export abstract class ShadowElement extends HTMLElement {
  readonly #root = this.attachShadow({ mode: "open" });
  #isShown = false;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [styles];
  }

  /**
   * The server's origin: where the script came from, unless told. Holds from the next batch on.
   *
   * @throws TypeError for what is no address
   */
  get endpoint(): string {
    const named = this.getAttribute("endpoint");
    return named === null ? SCRIPT_ORIGIN : new URL(named, this.baseURI).origin;
  }

  set endpoint(endpoint: string) {
    this.setAttribute("endpoint", endpoint);
  }

  /** Begins what this element does: it has come into a page. */
  protected abstract start(): void;

  /** Ends it: the element was taken out of the page, and not only moved. */
  protected abstract end(): void;

  connectedCallback(): void {
    if (this.#isShown) return;
    this.#isShown = true;
    this.#upgradeProperties();
    this.start();
  }

  disconnectedCallback(): void {
    // Whoever moves an element takes it out and puts it in again without a pause.
    queueMicrotask(() => {
      if (this.isConnected || !this.#isShown) return;
      this.#isShown = false;
      this.end();
      render(null, this.#root);
    });
  }

  /** Being moved by `moveBefore()` is nothing at all, unlike leaving and coming back. */
  connectedMoveCallback(): void {}

  /** Names of properties that a page may have set before this script had arrived. */
  protected abstract get upgradableProperties(): readonly string[];

  protected get isShown(): boolean {
    return this.#isShown;
  }

  protected show(content: ComponentChild): void {
    const level = this.getAttribute("heading-level");
    const frame = <Frame {...(level && { headingLevel: Number(level) })}>{content}</Frame>;
    render(content !== null && frame, this.#root);
  }

  #upgradeProperties(): void {
    for (const name of this.upgradableProperties) {
      const own = Object.getOwnPropertyDescriptor(this, name);
      if (own === undefined) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, own.value);
    }
  }
}
