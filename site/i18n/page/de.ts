import { filesIn } from "../elements/de.ts";
import type { Formats } from "../formats.ts";
import type { PageWords } from "./en.ts";

export { batchWords, boxWords } from "../elements/de.ts";
export { startWords } from "../start/de.ts";

/** The German text that only the page shows. */
export function pageWords(format: Formats): PageWords {
  const files = filesIn(format);
  const more = (count: number) => `${format.number(count)} weitere`;
  const daysAfter = (days: number) => (days === 1 ? "einen Tag" : `${format.number(days)} Tage`);
  return {
    bandwidth: {
      limit: "Tempolimit",
      none: "Kein Tempolimit",
      atMost: (speed) => `Höchstens ${speed}`,
    },
    states: {
      queued: "Wartet",
      uploading: "Wird hochgeladen",
      processing: "Wird geprüft",
      completed: "Fertig",
      failed: "Fehler",
      cancelled: "Abgebrochen",
    },
    contactSheet: {
      label:
        "Kontaktbogen mit einer Kachel für jede Datei. Die Liste enthält dieselben Dateien mit Namen.",
    },
    notify: {
      label: "Benachrichtigen, wenn fertig",
      blocked:
        "Benachrichtigungen sind blockiert. Erlauben Sie sie für diese Seite in den Einstellungen des Browsers.",
    },
    batchName: {
      label: "Name des Uploads",
      add: "Namen vergeben",
      rename: "Umbenennen",
      save: "Speichern",
      cancel: "Abbrechen",
      failed: "Der Name konnte nicht gespeichert werden. Bitte erneut versuchen.",
    },
    row: {
      unknownSize: "–",
      uploading: (percent) => `Lädt ${format.percent(percent)}`,
      sent: "Gesendet",
      stored: "Gespeichert",
      startsOver: (moment) =>
        `Bis ${moment} fertigstellen, sonst von vorn: Unfertige Dateien werden nicht länger aufbewahrt.`,
      startedOver: "Beginnt von vorn: Die Frist ist verstrichen.",
      retryNamed: (name) => `${name} erneut versuchen`,
      undo: "Rückgängig",
      undoNamed: (name) => `Abbruch von ${name} rückgängig machen`,
      cancelledNamed: (name) => `${name} wurde abgebrochen. Eingabetaste macht es rückgängig.`,
      cancelNamed: (name) => `${name} abbrechen`,
      view: "Ansehen",
      viewNamed: (name) => `${name} ansehen`,
      downloadNamed: (name) => `${name} herunterladen`,
    },
    list: {
      title: "Dateien",
      label: (shown, isWatching) =>
        isWatching
          ? `${files(shown)}. Pfeil auf und ab bewegen die Auswahl, Pfeil links und rechts schließen und öffnen einen Ordner. Eingabe öffnet ein Bild oder Video und lädt andere gespeicherte Dateien herunter.`
          : `${files(shown)}. Pfeil auf und ab bewegen die Auswahl, Pfeil links und rechts schließen und öffnen einen Ordner. Eingabe öffnet ein Bild oder Video, lädt andere gespeicherte Dateien herunter und versucht eine fehlgeschlagene erneut. Entfernen bricht eine Datei ab.`,
      now: "Gerade",
      filters: "Nach Status filtern",
      all: "Alle",
      queued: "Wartend",
      inProgress: "In Arbeit",
      completed: "Fertig",
      failed: "Fehler",
      cancelled: "Abgebrochen",
      search: "Namen suchen",
      order: "Sortierung",
      orders: {
        folder: "Nach Ordner",
        added: "Wie hinzugefügt",
        name: "Nach Name",
        largest: "Größte zuerst",
        smallest: "Kleinste zuerst",
        state: "Fehler zuerst",
      },
      folderCount: (stored, all) => `${format.number(stored)} von ${format.number(all)}`,
      noMatches: "Keine passenden Dateien.",
    },
    report: {
      bytesInTime: (bytes, seconds) => `${format.bytes(bytes)} in ${format.duration(seconds)}.`,
      copy: "Zusammenfassung kopieren",
      copied: "Zusammenfassung kopiert",
      copyFailed:
        "Die Zusammenfassung konnte nicht kopiert werden. Laden Sie stattdessen die CSV-Datei herunter.",
      download: "CSV herunterladen",
      columns: {
        number: "Nummer",
        name: "Name",
        folder: "Ordner",
        bytes: "Bytes",
        state: "Status",
        code: "Problem",
        reason: "Was zu tun ist",
      },
    },
    share: {
      title: "Link zum Teilen",
      link: "Link zum Teilen",
      copy: "Link kopieren",
      copied: "Link kopiert",
      copyFailed: "Der Link konnte nicht kopiert werden. Markieren und kopieren Sie ihn.",
      send: "Teilen",
      code: "QR-Code",
      codeTitle: "Zum Ansehen scannen",
      codeLabel: "QR-Code mit dem Link zum Teilen",
      codeFailed: "Der QR-Code konnte nicht geladen werden. Kopieren Sie stattdessen den Link.",
      close: "Schließen",
      note: "Alle mit diesem Link können die Dateien ansehen und herunterladen, aber nicht ändern.",
      until: (date) => `Er gilt bis ${date}.`,
      daysAfter: (days) => `Er gilt bis ${daysAfter(days)} nach dem Upload.`,
      photos: "Fotos behalten den Ort und die Zeit, die in ihnen gespeichert sind.",
      ended: "Der Link wurde beendet. Er öffnet diese Dateien nicht mehr.",
      expired: "Der Link ist abgelaufen. Er öffnet diese Dateien nicht mehr.",
      make: "Neuen Link erstellen",
      end: "Link beenden",
      confirmEnd: {
        title: "Link beenden?",
        text: "Alle, die ihn haben, können diese Dateien nicht mehr ansehen oder herunterladen. Sie können einen neuen Link erstellen.",
        accept: "Link beenden",
        decline: "Link behalten",
      },
      delete: "Dateien löschen",
      confirmDelete: (count, isUnfinished) => ({
        title: `${files(count)} löschen?`,
        text: `${isUnfinished ? "Der Upload endet. " : ""}Die Dateien werden für alle gelöscht, und der Link endet. Das lässt sich nicht rückgängig machen.`,
        accept: `${files(count)} löschen`,
        decline: "Dateien behalten",
      }),
    },
    lightbox: {
      title: "Bilder und Videos",
      place: ({ index, count }) => `${format.number(index + 1)} von ${format.number(count)}`,
      previous: "Zurück",
      next: "Weiter",
      download: "Herunterladen",
      loading: "Wird geladen\u00a0…",
      failed: (name) =>
        `Dieser Browser kann ${name} nicht anzeigen. Laden Sie die Datei stattdessen herunter.`,
    },
    resumeLink: {
      code: "Auf anderem Gerät fortsetzen",
      codeTitle: "Scannen und dort fortsetzen",
      codeLabel: "QR-Code mit dem Link für Ihre anderen Geräte",
      copy: "Link kopieren",
      note: "Alle mit diesem Link können Dateien hinzufügen, pausieren und abbrechen. Behalten Sie ihn für sich.",
    },
    recipient: {
      downloadAll: (count, bytes) =>
        `${count === 1 ? "Datei" : `Alle ${files(count)}`} herunterladen (${format.bytes(bytes)})`,
      downloadStored: (count) =>
        `${count === 1 ? "1 bisher gespeicherte Datei" : `${format.number(count)} bisher gespeicherte Dateien`} herunterladen`,
      until: (date) => `Der Link gilt bis ${date}.`,
      report: "Missbrauch melden",
      reportSubject: "Meldung zu hochgeladenen Dateien",
    },
    resume: {
      title: "Unfertige Uploads",
      unnamed: "Unfertiger Upload",
      stored: (title, done, all) =>
        `${title}: ${format.number(done)} von ${files(all)} gespeichert`,
      unknownProgress: (title) => `${title}: Fortschritt nicht verfügbar`,
      started: (moment) => `Gestartet: ${moment}.`,
      paused: (moment) => `Pausiert. Gestartet: ${moment}.`,
      openInOtherTab: (moment) => `In einem anderen Tab geöffnet. Gestartet: ${moment}.`,
      view: "Ansehen",
      chooseFolder: "Ordner erneut auswählen",
      chooseFiles: "Dateien erneut auswählen",
      missing: (names) =>
        `${names.length === 1 ? "1 Datei fehlt" : `${files(names.length)} fehlen`} in diesem Browser: ${format.some(names, more)}. Wählen Sie sie erneut aus; gespeicherte Dateien werden nicht noch einmal gesendet.`,
      continueWithout: () => "Ohne sie fortfahren",
      savesNothing:
        "Dieses Fenster speichert nichts. Lassen Sie es offen, bis der Upload fertig ist.",
      savesNoFiles:
        "Dieses Fenster kann diese Dateien nicht speichern. Wenn Sie es neu laden, wählen Sie sie erneut aus.",
      unmatched: (count) =>
        count === 1
          ? "1 Datei ist nicht in diesem Upload. Sie ist neu oder wurde geändert."
          : `${files(count)} sind nicht in diesem Upload. Sie sind neu oder wurden geändert.`,
      addToBatch: "Zum Upload hinzufügen",
      link: {
        title: "Dieser Link setzt einen Upload von einem anderen Gerät fort.",
        text: "Ist es nicht Ihr Upload, kann die Person, die den Link erstellt hat, jede Datei sehen und herunterladen, die Sie hinzufügen.",
        waiting: "Ihre Dateien warten auf Ihre Antwort.",
        accept: "Upload öffnen",
        decline: "Nicht öffnen",
      },
    },
    recent: {
      title: "Letzte Uploads",
      none: "Noch keine Uploads.",
      loadFailed:
        "Ihre letzten Uploads konnten nicht geladen werden. Laden Sie die Seite neu, um es erneut zu versuchen.",
      more: "Mehr anzeigen",
      states: {
        active: "Unfertig",
        paused: "Pausiert",
        completed: "Fertig",
        cancelled: "Abgebrochen",
        deleted: "Gelöscht",
      },
      linkUntil: (date) => `Link bis ${date}`,
      linkExpired: "Link abgelaufen",
      linkEnded: "Link beendet",
    },
    tab: {
      running: (percent, name) => `${format.percent(percent)} · ${name}`,
      paused: (percent, name) => `Pausiert bei ${format.percent(percent)} · ${name}`,
      offline: (percent, name) => `Offline bei ${format.percent(percent)} · ${name}`,
      cancelled: (name) => `Abgebrochen · ${name}`,
      done: (count, name) => `✓ ${files(count)} · ${name}`,
      failed: (count, name) => `${files(count)} fehlgeschlagen · ${name}`,
    },
  };
}
