import { Announcement } from "../announce/announcement.tsx";
import { words } from "../i18n/start.ts";
import type { LinkProblemKind } from "./link-problem-kind.ts";

/** The page of a link that opens nothing: why, and what to do. */
export function LinkProblem({ kind }: { kind: LinkProblemKind }) {
  const { title, text } = words.linkProblems[kind];
  return (
    <>
      <h1 class="page-title">{title}</h1>
      <p class="lead">{text}</p>
      <Announcement text={`${title} ${text}`} />
    </>
  );
}
