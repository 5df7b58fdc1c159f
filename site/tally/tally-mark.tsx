/**
 * The logo: four upright strokes and one across. Style sheets style its paths one by one. The stroke
 * across comes first, so that it lies below the others where it is faint.
 */
export function TallyMark() {
  return (
    <svg class="tally-mark" viewBox="0 0 64 52" aria-hidden="true">
      <path d="M2 39 62 12" pathLength={1} />
      <path d="M11 5 10 47" />
      <path d="M24.5 4 25 48" />
      <path d="M39 5.5 38.5 47" />
      <path d="M52.5 4 53 46.5" />
    </svg>
  );
}
