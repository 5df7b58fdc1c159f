const FORMS = /\{([^|}]*)\|([^}]*)\}/gu;

/** Returns a text for one file or for several. @param text has the words for each as `{one|several}` */
export function textFor(count: number, text: string): string {
  return text.replaceAll(FORMS, count === 1 ? "$1" : "$2");
}
