/** Characters of the end that stay; a text that is not much longer is cut at its end. */
const kept = 12;

/** A name on one line. Long ones lose their middle: those of one family begin alike, and differ at the end. */
export function Middle({ text }: { text: string }): React.ReactElement {
  if (text.length < 2 * kept) return <span className="clip">{text}</span>;
  return (
    <span className="middle">
      <span>{text.slice(0, -kept)}</span>
      <span>{text.slice(-kept)}</span>
    </span>
  );
}
