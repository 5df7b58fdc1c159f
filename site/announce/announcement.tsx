import type { Signal } from "@preact/signals";
import { useContext, useEffect } from "preact/hooks";
import { Announcer, type Importance } from "./announcer.ts";
import { AnnouncedText } from "./live-region.tsx";

interface AnnouncementProps {
  /** "" announces nothing. */
  text: string;
  importance?: Importance;
}

/** Announces a text to screen readers while this component is shown with it. Renders nothing. */
export function Announcement({ text, importance = "change" }: AnnouncementProps) {
  const announcer = announcerOf(useContext(AnnouncedText));
  useEffect(
    () => (text === "" ? undefined : announcer.announce(text, importance)),
    [announcer, text, importance],
  );
  return null;
}

/** A text that is shown, and announced as well. */
export function Spoken(props: AnnouncementProps) {
  return (
    <>
      {props.text}
      <Announcement {...props} />
    </>
  );
}

const announcers = new WeakMap<Signal<string>, Announcer>();

/** Returns the announcer that fills a live region. */
function announcerOf(text: Signal<string>): Announcer {
  const announcer = announcers.get(text) ?? new Announcer(text);
  announcers.set(text, announcer);
  return announcer;
}
