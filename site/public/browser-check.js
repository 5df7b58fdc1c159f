// Shows a sentence where a page would stay blank: in a browser that lacks what the page needs, and when
// its script fails before it has shown anything. Browsers of any age run this file, so its syntax is that
// of 2015, without arrow functions and templates.
(function () {
  const root = document.querySelector("#page, #reference");
  if (root === null) return;

  /** True in the versions of docs/browsers.md, and in later ones. */
  function isRecent() {
    return (
      "noModule" in document.createElement("script") &&
      "toSorted" in Array.prototype &&
      CSS.supports("color", "color-mix(in oklab, red, blue)") &&
      CSS.supports("container-type", "inline-size")
    );
  }

  const isGerman = /^de\b/iu.test(navigator.language);

  /**
   * @param {string} english
   * @param {string} german
   */
  function newSentence(english, german) {
    const sentence = document.createElement("p");
    sentence.setAttribute("role", "alert");
    sentence.style.cssText =
      "margin: 12vh auto; padding: 0 1.5rem; max-width: 32em; text-wrap: balance; font: 1.25rem/1.5 system-ui, sans-serif";
    sentence.lang = isGerman ? "de" : "en";
    sentence.textContent = isGerman ? german : english;
    return sentence;
  }

  /** The page's script removes the sentence if it starts all the same. */
  function onError() {
    if (root === null || root.children.length > 0) return;
    root.appendChild(
      newSentence(
        "This page could not start. Reload it, or open it in another browser.",
        "Diese Seite konnte nicht starten. Laden Sie sie neu, oder öffnen Sie sie in einem anderen Browser.",
      ),
    );
  }

  if (isRecent()) {
    addEventListener("error", onError, true);
    addEventListener("unhandledrejection", onError);
  } else {
    const english =
      "This browser is too old for this page. Update it, or open the page in a current version of Chrome, Edge, Firefox or Safari.";
    const german =
      "Dieser Browser ist zu alt für diese Seite. Aktualisieren Sie ihn, oder öffnen Sie die Seite in einer aktuellen Version von Chrome, Edge, Firefox oder Safari.";
    // Without it, the page's script shows nothing.
    document.body.replaceChild(newSentence(english, german), root);
  }
})();
