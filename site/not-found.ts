import { language } from "./i18n/box.ts";
import { loadPageLanguage, words } from "./i18n/start.ts";

/** Puts the reader's language in place of the English text, which 404.html has for browsers without scripts. */
function translate(): void {
  document.documentElement.lang = language.locale;
  document.documentElement.dir = words.direction;
  document.title = `${words.notFound.title} · ${words.name}`;
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    const text = Object.entries(words.notFound).find(([key]) => key === element.dataset["text"]);
    if (text) [, element.textContent] = text;
  }
}

void loadPageLanguage()?.then(translate);
