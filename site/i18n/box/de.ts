import type { BoxWords } from "./en.ts";

/** The German text of an empty uploader. */
export function boxWords(): BoxWords {
  return {
    direction: "ltr",
    empty: {
      title: "Dateien hier ablegen.",
      promise: "Jede einzelne zählt.",
      hint: "Hier ablegen oder",
    },
    pick: {
      files: "Dateien auswählen",
      folder: "Ordner auswählen",
      drop: "Zum Hochladen ablegen",
      pasted: (moment) => `Eingefügtes Bild ${moment}`,
    },
    load: {
      waiting: "Upload wird vorbereitet\u00a0…",
      failed:
        "Ein Teil dieser Seite konnte nicht geladen werden. Prüfen Sie die Verbindung, und versuchen Sie es erneut. Hilft das nicht, laden Sie die Seite neu.",
      retry: "Erneut versuchen",
    },
    opening: {
      loading: "Upload wird geladen\u00a0…",
      unavailable: "Dieser Upload kann nicht angezeigt werden.",
    },
  };
}
