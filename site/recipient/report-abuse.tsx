import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { getAccessInfo, ProblemError } from "../../client/index.ts";
import { words } from "../i18n/page.ts";
import { reportLink } from "./report-link.ts";

/** A link to the operator's contact for reports, if they have one. */
export function ReportAbuse({ batch }: { batch: string }) {
  const link = useSignal<string | null>(null);
  useEffect(() => {
    const page = `${location.origin}/b/${encodeURIComponent(batch)}`;
    getAccessInfo(location.origin).then(
      ({ contact = "" }) => {
        link.value = reportLink(contact, page, words.recipient.reportSubject);
      },
      (error: unknown) => {
        if (!(error instanceof ProblemError)) throw error;
      },
    );
  }, [batch]);
  if (link.value === null) return null;
  return (
    <footer class="report">
      <a href={link.value} rel="noreferrer">
        {words.recipient.report}
      </a>
    </footer>
  );
}
