/** A text with a mark on the character at which it is wrong. */
export function Marked({ text, at }: { text: string; at: number }): React.ReactElement {
  return (
    <code>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + 1) || ' '}</mark>
      {text.slice(at + 1)}
    </code>
  );
}
