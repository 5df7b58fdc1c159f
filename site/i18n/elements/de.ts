import type { FileKind } from "../../batch/file-kind.ts";
import { MINUTE_MS } from "../../../protocol/index.ts";
import { type Formats, SOME_TYPES } from "../formats.ts";
import { textFor } from "../text-for.ts";
import type { BatchWords, ProblemCode } from "./en.ts";

export { boxWords } from "../box/de.ts";

const problems: Record<ProblemCode, string> = {
  malformed_multipart:
    "{Die Datei wurde|Die Dateien wurden} beim Hochladen beschädigt. Bitte erneut versuchen.",
  token_revoked: "Dieser Link wurde beendet. Fragen Sie nach einem neuen Link.",
  unauthorized:
    "Dieser Link oder diese Berechtigung ist nicht mehr gültig. Fragen Sie nach einem neuen Link.",
  forbidden:
    "Der Server lässt das nicht zu. Fragen Sie nach einem anderen Link oder wenden Sie sich an den Betreiber.",
  not_found: "Unter dieser Adresse wurde nichts gefunden. Prüfen Sie den Link.",
  batch_not_found: "Diesen Upload gibt es nicht, oder er wurde gelöscht. Prüfen Sie den Link.",
  file_not_found: "Der Server kennt diese {Datei|Dateien} nicht. Legen Sie sie erneut ab.",
  batch_sealed:
    "Dieser Upload nimmt keine Dateien mehr an. Legen Sie sie erneut ab, um einen neuen zu starten.",
  files_added:
    "Zu diesem Upload wurden gleichzeitig von anderswo Dateien hinzugefügt. Bitte erneut versuchen.",
  batch_cancelled:
    "Dieser Upload wurde abgebrochen. Legen Sie die Dateien erneut ab, um einen neuen zu starten.",
  batch_expired:
    "Dieser Upload ist abgelaufen, bevor er fertig war. Legen Sie die Dateien erneut ab, um einen neuen zu starten.",
  too_many_files:
    "Das sind mehr Dateien, als ein Upload fasst. Starten Sie für die übrigen einen weiteren.",
  too_large:
    "Diese {Datei ist|Dateien sind} zu groß für diesen Server. Verkleinern Sie sie oder teilen Sie sie auf.",
  type_refused:
    "{Dieser Dateityp wird|Diese Dateitypen werden} nicht angenommen. Wandeln Sie die {Datei|Dateien} um oder überspringen Sie sie.",
  invalid_files:
    "Der Server hat {Name oder Größe einer Datei abgelehnt. Benennen Sie die Datei|Namen oder Größen von Dateien abgelehnt. Benennen Sie sie} um und legen Sie sie erneut ab.",
  size_mismatch:
    "Die {Datei hat|Dateien haben} sich beim Hochladen geändert. Speichern Sie sie, und versuchen Sie es erneut.",
  checksum_mismatch:
    "{Die Datei wurde|Die Dateien wurden} beim Hochladen beschädigt. Bitte erneut versuchen.",
  rate_limited: "Zu viele Anfragen. Bitte kurz warten und erneut versuchen.",
  busy: "Der Server ist ausgelastet. Bitte kurz warten und erneut versuchen.",
  quota_exceeded:
    "Ihr Kontingent ist aufgebraucht. Versuchen Sie es später erneut, oder bitten Sie den Betreiber um mehr.",
  internal_error: "Auf dem Server ist ein Fehler aufgetreten. Bitte erneut versuchen.",
  storage_failed:
    "Der Server konnte diese {Datei|Dateien} nicht speichern. Bitte erneut versuchen.",
  processing_failed:
    "{Die Datei wurde|Die Dateien wurden} gespeichert, aber der Server konnte sie nicht prüfen. Bitte erneut versuchen.",
  not_configured:
    "Dieser Server ist noch nicht eingerichtet. Der Betreiber muss die Einrichtung abschließen.",
  too_slow: "Die Verbindung war zu langsam. Prüfen Sie Ihr Netz, und versuchen Sie es erneut.",
  connection_failed:
    "Die Verbindung ist fehlgeschlagen. Prüfen Sie Ihr Netz, und versuchen Sie es erneut.",
  foreign_response:
    "Zwischen diesem Browser und dem Server antwortet etwas an dessen Stelle. Versuchen Sie es in einem anderen Netz.",
  refused_in_between:
    "Eine Firewall oder ein Proxy im Netz hat diese {Datei|Dateien} abgelehnt. Versuchen Sie es in einem anderen Netz, oder überspringen Sie die {Datei|Dateien}.",
  network_limit:
    "Das Netz lässt {eine Datei|Dateien} dieser Größe nicht durch. Versuchen Sie es in einem anderen Netz, oder verkleinern Sie {die Datei|sie}.",
  unexpected_answer:
    "Der Server hat unerwartet geantwortet. Laden Sie die Seite neu, und versuchen Sie es erneut.",
  client_error:
    "Auf dieser Seite ist ein Fehler aufgetreten. Laden Sie sie neu: Gespeicherte Dateien werden nicht noch einmal gesendet.",
  file_unreadable:
    "Die {Datei wurde|Dateien wurden} auf Ihrem Gerät verschoben, geändert oder gelöscht. Legen Sie sie erneut ab.",
};

const problemTexts: Readonly<Partial<Record<string, string>>> = problems;

export function filesIn(format: Formats): (count: number) => string {
  return (count) => `${format.number(count)} ${count === 1 ? "Datei" : "Dateien"}`;
}

export function are(count: number): string {
  return count === 1 ? "ist" : "sind";
}

export function were(count: number): string {
  return count === 1 ? "wurde" : "wurden";
}

const KINDS: Record<FileKind, { one: string; many: string }> = {
  photo: { one: "Foto", many: "Fotos" },
  video: { one: "Video", many: "Videos" },
  file: { one: "Datei", many: "Dateien" },
};

/** The German text of a batch, on the page and in the elements. */
export function batchWords(format: Formats): BatchWords {
  const files = filesIn(format);
  // The format of lists puts "und" before the last entry.
  const more = (count: number) => `${format.number(count)} weitere`;
  return {
    files,
    problem: (code, networkLimit, count) => {
      if (code === "network_limit" && typeof networkLimit === "number")
        return `Das Netz lässt Dateien bis ${format.bytes(networkLimit)} durch. Versuchen Sie es in einem anderen Netz, oder verkleinern Sie ${(count ?? 1) === 1 ? "die Datei" : "sie"}.`;
      const text =
        problemTexts[code] ??
        "Ein Fehler ist aufgetreten. Laden Sie die Seite neu, und versuchen Sie es erneut.";
      return textFor(count ?? 1, text);
    },
    drop: {
      addFiles: "Dateien hinzufügen",
      addFolder: "Ordner hinzufügen",
      reading: "Ordner werden gelesen. Gefundene Dateien kommen gleich dazu.",
      overLimit: (paths, most) =>
        `Ein Upload fasst bis zu ${files(most)}. ${files(paths.length)} ${were(paths.length)} übersprungen: ${format.some(paths, more)}. Legen Sie sie nach diesem Upload erneut ab.`,
      overBytes: (paths, most) =>
        `Ein Upload fasst bis zu ${format.byteLimit(most)}. ${files(paths.length)} ${were(paths.length)} übersprungen: ${format.some(paths, more)}. Legen Sie sie nach diesem Upload erneut ab.`,
      tooLarge: (names, most) =>
        `${files(names.length)} mit mehr als ${format.byteLimit(most)} ${were(names.length)} übersprungen: ${format.some(names, more)}. Verkleinern Sie sie, oder teilen Sie sie auf.`,
      wrongType: (names, accepted) =>
        `${files(names.length)} ${were(names.length)} übersprungen: ${format.some(names, more)}. Hier können nur ${accepted} hochgeladen werden. Wandeln Sie sie vorher um.`,
      unreadable: (paths) =>
        `Nicht lesbar: ${format.some(paths, more)}. Prüfen Sie, ob ${paths.length === 1 ? "sich die Datei öffnen lässt" : "sich die Dateien öffnen lassen"}, und legen Sie sie erneut ab.`,
      emptyFolders: (paths) =>
        `${paths.length === 1 ? "1 Ordner ist leer und wird" : `${format.number(paths.length)} Ordner sind leer und werden`} nicht hochgeladen: ${format.some(paths, more)}`,
      undecodable: (count, folders) =>
        `${count === 1 ? "1 Element hat einen Namen, den" : `${format.number(count)} Elemente haben Namen, die`} dieser Browser nicht lesen kann (in ${format.some(folders, more)}). Geben Sie ${count === 1 ? "ihm einen anderen" : "ihnen andere"} Namen, und legen Sie den Ordner erneut ab.`,
      showAll: "Alle anzeigen",
      allNames: "Alle Namen",
      duplicates: (count) =>
        `${files(count)} ${are(count)} schon in diesem Upload (gleicher Ordner, gleicher Name, gleiche Größe, gleiches Datum).`,
      skip: "Überspringen",
      uploadAgain: "Trotzdem hochladen",
      ok: "OK",
      noFiles: "Keine Dateien gefunden.",
      added: (count) => `${files(count)} hinzugefügt.`,
    },
    limits: {
      files,
      fileBytes: (most) => `${format.byteLimit(most)} je Datei`,
      bytes: (most) => `${format.byteLimit(most)} insgesamt`,
      upTo: (amounts) => `Bis zu ${amounts.join(", ")}.`,
      only: (accepted) => `Nur ${accepted}.`,
      types: (names) => format.some(names, more, SOME_TYPES),
      kinds: { image: "Bilder", video: "Videos", audio: "Audiodateien", text: "Textdateien" },
    },
    hero: {
      noFiles: "Noch keine Dateien.",
      filesStored: (stored, all) => `${format.number(stored)} von ${files(all)} gespeichert`,
      bytesSent: (sent, all) => `${format.bytes(sent)} von ${format.bytes(all)} gesendet`,
      timeLeft: (seconds) => `noch ${format.duration(seconds)}`,
      bytesInTime: (bytes, seconds) => `${format.bytes(bytes)} in ${format.duration(seconds)}`,
      safe: (stored, all, kind) => {
        const kinds = `${format.number(all)} ${all === 1 ? KINDS[kind].one : KINDS[kind].many}`;
        if (stored < all)
          return `${format.number(stored)} von ${kinds} ${are(stored)} sicher gespeichert.`;
        return all === 1
          ? `${kinds} ist sicher gespeichert.`
          : `Alle ${kinds} sind sicher gespeichert.`;
      },
    },
    count: {
      label: "Fortschritt des Uploads",
      value: (stored, sent, failed) => {
        const progress = `${format.percent(stored)} gespeichert, ${format.percent(sent)} gesendet`;
        return failed > 0 ? `${progress}, ${format.percent(failed)} fehlgeschlagen` : progress;
      },
      bytesOf: (done, all) => `${format.bytes(done)} von ${format.bytes(all)}`,
      sent: "gesendet",
      stored: "gespeichert",
      failed: "fehlgeschlagen",
      stroke: (count) => `1 Strich = ${files(count)}`,
    },
    summary: {
      title: "Zusammenfassung",
      cancelled: (count) => `${files(count)} ${were(count)} abgebrochen.`,
      failed: (count) => `${files(count)} fehlgeschlagen.`,
      checked: (count) =>
        count === 1
          ? "Sie wurde mit ihrer SHA-256-Prüfsumme verglichen."
          : "Jede wurde mit ihrer SHA-256-Prüfsumme verglichen.",
      startAnother: "Neuen Upload starten",
    },
    failures: {
      title: "Fehlgeschlagene Dateien",
      reason: (count, text) => `${files(count)}: ${text}`,
      others: (count, reasons) =>
        `${files(count)} aus ${reasons === 1 ? "einem anderen Grund" : `${format.number(reasons)} anderen Gründen`}`,
      retry: (count) =>
        count === 1 ? "Erneut versuchen" : `${format.number(count)} erneut versuchen`,
      finishWithout: () => "Ohne sie abschließen",
      show: () => "Anzeigen",
      senderCanRetry: () => "Wer die Dateien sendet, kann es erneut versuchen.",
    },
    keeping: {
      until: (at) => `Die Dateien werden am ${format.date(at)} gelöscht.`,
      always: "Die Dateien bleiben, bis Sie sie löschen.",
    },
    controls: {
      pause: "Pausieren",
      resume: "Fortsetzen",
      addMore: "Hinzufügen",
      more: "Weitere Aktionen",
      cancel: "Abbrechen",
      cancelBatch: "Upload abbrechen",
      confirmCancel: "Alle Dateien abbrechen, die noch nicht gespeichert sind?",
    },
    watch: {
      empty: "Sie erscheinen hier, sobald welche hinzukommen.",
    },
    batch: {
      retry: "Erneut versuchen",
      paused: "Pausiert. Was gerade gesendet wird, wird noch fertig; der Rest wartet.",
      processing: "Die Verarbeitung läuft weiter; diese Seite kann geschlossen werden.",
      cancelled: "Dieser Upload wurde abgebrochen.",
      blocked:
        "Der Betreiber des Servers hat diesen Upload gesperrt. Gespeicherte Dateien lassen sich weiterhin herunterladen.",
    },
    connection: {
      connecting: "Verbindung wird hergestellt\u00a0…",
      live: "Live",
      reconnecting: "Verbindung wird wiederhergestellt\u00a0…",
      polling: "Neuigkeiten werden abgefragt",
      offline: "Offline.",
      paused: "Pausiert",
      limited: "Das Tempolimit bremst gerade",
      unresponsive: "Der Server antwortet nicht. Neuer Versuch läuft.",
    },
    still: {
      quiet: (seconds) => `Seit ${format.duration(seconds)} ist nichts angekommen.`,
      gone: (seconds) =>
        `Seit ${format.duration(seconds)} ist nichts angekommen. Vielleicht ist das sendende Gerät offline; der Upload geht weiter, sobald es zurück ist.`,
    },
    outage: {
      network: (since) => `Offline seit ${format.time(since)} Uhr.`,
      resumes: "Der Upload geht automatisch weiter.",
      foreign: () =>
        "Zwischen diesem Browser und dem Server antwortet etwas an dessen Stelle. Neuer Versuch läuft.",
      challenge: () => "Das Netz möchte diesen Browser prüfen.",
      reload: "Seite neu laden",
    },
    wait: ({ ms, until, code }) => {
      const reason =
        code === "quota_exceeded"
          ? "Ihr Kontingent ist aufgebraucht."
          : "Der Server ist ausgelastet.";
      return `${reason} Neuer Versuch ${ms < MINUTE_MS ? `in ${format.duration(Math.ceil(ms / 1000))}` : `um ${format.time(until)} Uhr`}.`;
    },
  };
}
