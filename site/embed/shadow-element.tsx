import { type ComponentChild, render } from "preact";
import { TopHeading } from "../components/heading.tsx";
import { useKeptFocus } from "../components/use-kept-focus.ts";
import { locale } from "../words/index.ts";
import { styles } from "./styles.ts";

/** Below the title of the page around it. */
const DEFAULT_HEADING = 2;

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

  /** Begins what this element does: it has come into a page. */
  protected abstract start(): void;

  /** Ends it: the element was taken out of the page, and not only moved. */
  protected abstract end(): void;

  connectedCallback(): void {
    if (this.#isShown) return;
    this.#isShown = true;
    this.#adopt();
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
  protected abstract get settable(): readonly string[];

  protected get isShown(): boolean {
    return this.#isShown;
  }

  protected show(content: ComponentChild): void {
    const level = Number(this.getAttribute("heading-level") ?? DEFAULT_HEADING);
    render(content !== null && <Frame level={level}>{content}</Frame>, this.#root);
  }

  #adopt(): void {
    for (const name of this.settable) {
      const own = Object.getOwnPropertyDescriptor(this, name);
      if (own === undefined) continue;
      Reflect.deleteProperty(this, name);
      Reflect.set(this, name, own.value);
    }
  }
}

/** Everything of one element. Its language may be another one than the page's. */
function Frame({ level, children }: { level: number; children: ComponentChild }) {
  const root = useKeptFocus<HTMLDivElement>();
  return (
    <div class="tallyman" part="base" lang={locale} ref={root}>
      <TopHeading.Provider value={level}>{children}</TopHeading.Provider>
    </div>
  );
}
