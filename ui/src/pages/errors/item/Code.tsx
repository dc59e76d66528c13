import { codeLines } from './frames';

const longestLine = 400;

/** Lines of code with the one at fault marked. */
export function Code({ of }: { of: { line: number; code: string; pre: string[]; post: string[] } }): React.ReactElement | null {
  const lines = codeLines(of);
  if (lines.length === 0) return null;
  return (
    // It scrolls, so it must be reached by key.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre className="ecode" tabIndex={0} role="region" aria-label="Code">
      {lines.map((l, i) => (
        <span key={i} className={l.here ? 'here' : undefined}>
          <span className="n" aria-hidden="true">
            {l.n > 0 ? l.n : ''}
          </span>
          <code>{l.text.length > longestLine ? `${l.text.slice(0, longestLine)}…` : l.text || ' '}</code>
        </span>
      ))}
    </pre>
  );
}
