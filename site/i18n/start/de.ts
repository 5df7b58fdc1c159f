import { filesIn, were } from "../elements/de.ts";
import type { Formats } from "../formats.ts";
import type { StartWords } from "./en.ts";

/** The German text of the page without a batch. */
export function startWords(format: Formats): StartWords {
  const files = filesIn(format);
  const daysAfter = (days: number) => (days === 1 ? "einen Tag" : `${format.number(days)} Tage`);
  return {
    name: "Tallyman",
    landing: {
      lead: (most) =>
        `Bis zu ${files(most)} auf einmal hochladen, auch ganze Ordner. Sie sehen jede einzelne ankommen, und alle mit dem Link sehen es auch.`,
      keepDays: (days) => `Die Dateien werden ${daysAfter(days)} nach dem Upload gelöscht.`,
      hint: "Irgendwo auf dieser Seite ablegen, einfügen oder",
    },
    notFound: {
      title: "Seite nicht gefunden",
      text: "Unter dieser Adresse gibt es nichts. Prüfen Sie den Link: Vielleicht fehlt das Ende.",
      upload: "Dateien hochladen",
    },
    newVersion: {
      text: "Diese Seite wurde aktualisiert. Zum Fortfahren neu laden.",
      reload: "Neu laden",
    },
    access: {
      missing: {
        title: "Hier ist ein Upload-Link nötig.",
        text: "Dateien lassen sich hier nur mit einem Link hochladen. Öffnen Sie den Link, den Sie bekommen haben, oder fragen Sie danach.",
      },
      expired: {
        title: "Dieser Upload-Link ist abgelaufen.",
        text: "Fragen Sie nach einem neuen Link, und öffnen Sie ihn in diesem Tab.",
      },
      invalid: {
        title: "Dieser Upload-Link funktioniert nicht.",
        text: "Vielleicht ist er abgeschnitten, oder er erlaubt kein Hochladen. Fragen Sie nach einem neuen Link, und öffnen Sie ihn in diesem Tab.",
      },
      account: "Ihre Dateien gehen an das Konto, zu dem dieser Upload-Link gehört.",
      needsGrant:
        "Zum Hochladen ist ein gültiger Upload-Link nötig. Ihre Dateien bleiben hier: Fragen Sie nach einem neuen Link, und öffnen Sie ihn in diesem Tab, dann beginnt der Upload.",
    },
    sent: {
      title: "Das haben Sie gesendet.",
      note: "Dieser Browser kann den Link noch beenden und die Dateien löschen.",
      unfinished: "Sie senden das aus diesem Browser.",
      controls: "Steuerung anzeigen",
    },
    linkProblems: {
      incomplete: {
        title: "Der Link ist unvollständig.",
        text: "Fragen Sie nach dem vollständigen Link.",
      },
      invalid: {
        title: "Dieser Link funktioniert nicht.",
        text: "Vielleicht ist er abgeschnitten oder verändert. Fragen Sie nach dem vollständigen Link.",
      },
      ended: {
        title: "Dieser Link wurde beendet.",
        text: "Fragen Sie die Person, die ihn geschickt hat, nach einem neuen.",
      },
      expired: {
        title: "Dieser Link ist abgelaufen.",
        text: "Fragen Sie die Person, die ihn geschickt hat, nach einem neuen.",
      },
      deleted: {
        title: "Diese Dateien wurden gelöscht.",
        text: "Sie sind nicht mehr auf dem Server. Bitten Sie darum, sie noch einmal zu senden.",
      },
      unfinished: {
        title: "Dieser Upload wurde nicht fertig.",
        text: "Er ist abgelaufen, bevor alle Dateien da waren. Bitten Sie darum, sie noch einmal zu senden.",
      },
    },
    deleted: (count) => `${files(count)} ${were(count)} gelöscht.`,
  };
}
