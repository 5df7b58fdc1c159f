import { useComputed } from "@preact/signals";
import { useContext, useEffect, useRef } from "preact/hooks";
import { Spoken } from "../announce/announcement.tsx";
import { words } from "../i18n/index.ts";
import { Heading, usePartRole } from "../ui/heading.tsx";
import { observeShown } from "../ui/observe-shown.ts";
import { useLive } from "../ui/use-live.ts";
import type { Board } from "./board.ts";
import { detailText, endText, type HeroText, storedText, timeLeftText } from "./hero-text.ts";
import { PageExtras } from "./page-extras.ts";

/** The amount that is stored and the time left; at the end, the result. */
export function Hero({ board }: { board: Board }) {
  const role = usePartRole();
  const extras = useContext(PageExtras);
  const section = useRef<HTMLElement>(null);
  useEffect(
    () =>
      extras && section.current ? observeShown(section.current, board.isHeroShown) : undefined,
    [extras, board],
  );
  return (
    <section class="hero" part="count" role={role} aria-label={words.count.label} ref={section}>
      {extras && <extras.Name board={board} />}
      <Headline board={board} />
      <Details board={board} />
    </section>
  );
}

/** In place of the time left stands that the batch is paused: no control moves away from the pointer. */
function Headline({ board }: { board: Board }) {
  const isOver = board.isFinished.value;
  const hasTime = useComputed(() => timeLeftText(board) !== null).value;
  const isPaused = useComputed(() => board.batch.value?.state === "paused").value;
  return (
    <div class="headline">
      <Heading class={isOver ? "headline-count is-end" : "headline-count"}>
        <Figure
          read={() => endText(board) ?? storedText(board)}
          board={board}
          name="stored-count"
        />
      </Heading>
      {isPaused && (
        <p class="paused-text">
          <Spoken text={words.batch.paused} />
        </p>
      )}
      {hasTime && !isOver && !isPaused && (
        <p class="time-left">
          <Figure read={() => timeLeftText(board)} board={board} name="time-count" />
        </p>
      )}
    </div>
  );
}

interface FigureProps {
  board: Board;
  read: () => HeroText | null;
  /** Class of the figure. */
  name: string;
}

/** A sentence with its figure in large type. */
function Figure({ board, read, name }: FigureProps) {
  const figure = useLive(board, () => read()?.figure ?? "");
  const around = useLive(board, () => wordsAround(read()));
  const [before = "", after = ""] = around.value.split("\n");
  return (
    <>
      {before !== "" && <span class="hero-words">{before}</span>}{" "}
      <span class={`hero-figure ${name}`}>{figure}</span>{" "}
      {after !== "" && <span class="hero-words">{after}</span>}
    </>
  );
}

/** Returns the words before the figure and those after it, with a line break between. */
function wordsAround(hero: HeroText | null): string {
  if (hero === null) return "\n";
  const at = hero.text.indexOf(hero.figure);
  if (at < 0) return `${hero.text}\n`;
  const after = hero.text.slice(at + hero.figure.length);
  return `${hero.text.slice(0, at).trim()}\n${after.trim()}`;
}

/** Percent, bytes and speed in small type. */
function Details({ board }: { board: Board }) {
  const text = useLive(board, () => detailText(board));
  return (
    <p class="figures" part="figures">
      {text}
    </p>
  );
}
