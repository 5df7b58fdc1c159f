/** Text of the document. Its only markup is code between backticks. */
export function Prose({ text }: { text: string }) {
  // `split` with a group puts the text of the group at the odd positions.
  const parts = text.split(/`([^`]+)`/u);
  return <>{parts.map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}</>;
}
